"""The index: narrow rows that are counted and sorted, wide ones that are shown, and the words of all texts.

The full text itself is the business of the database (`backends`): a table of FTS5 on SQLite, columns of
`tsvector` beside those of `Entry` on PostgreSQL.
"""

from django.db import models


class FacetSet(models.Model):
    """All facets of a document together; many documents share one, and it never changes."""

    id = models.BigIntegerField(primary_key=True)
    """Made from the values, so that every process may remember what it means."""
    values = models.JSONField()
    """Lists of codes by facet."""

    def __str__(self) -> str:
        return str(self.values)


class Entry(models.Model):
    """What of a document is filtered, counted and sorted by."""

    subject = models.CharField(max_length=30)
    key = models.CharField(max_length=200)
    facets = models.ForeignKey(FacetSet, on_delete=models.PROTECT, related_name="entries")
    weight = models.FloatField()
    """How new and how much used it is: whatever text was asked for, more is better."""
    name = models.CharField(max_length=80)
    """The title, folded, for sorting."""
    changed = models.DateTimeField()
    """`indexing.NEVER` for what has no date."""
    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "key"], name="search_entry_once")]
        indexes = [
            models.Index(fields=["-weight", "id"], name="search_entry_weight"),
            models.Index(fields=["-changed", "id"], name="search_entry_changed"),
            models.Index(fields=["name", "id"], name="search_entry_name"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.key}"


class Content(models.Model):
    """What of a document is shown."""

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, primary_key=True, related_name="content")
    title = models.JSONField()
    keywords = models.JSONField()
    text = models.JSONField()
    address = models.JSONField()
    words = models.TextField()
    """The different words of all texts, folded: they are taken off `Word` when the document goes."""
    use = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64)
    """Of the document this was made from: what is the same is not written again."""

    def __str__(self) -> str:
        return str(self.title)


class Word(models.Model):
    """A word that occurs in documents: for typing errors, for completing, for taking compounds apart."""

    word = models.CharField(max_length=60, primary_key=True)
    """Folded."""
    written = models.CharField(max_length=60)
    """As somebody wrote it, in small letters."""
    documents = models.PositiveIntegerField()
    is_german = models.BooleanField()
    """Whether it occurs in German texts."""
    parts = models.CharField(max_length=200, blank=True)
    """Its parts, with spaces between, if it is a German compound."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(documents__gte=1), name="search_word_occurs")
        ]

    def __str__(self) -> str:
        return self.word


class Trigram(models.Model):
    """Three letters of a word in a row; words that share many are alike."""

    word = models.ForeignKey(Word, on_delete=models.CASCADE, related_name="trigrams", db_index=False)
    trigram = models.CharField(max_length=3)
    length = models.PositiveSmallIntegerField()
    """Letters of the word: words alike are about as long."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trigram", "length", "word"], name="search_trigram_once")
        ]
        indexes = [models.Index(fields=["word"], name="search_trigram_word")]

    def __str__(self) -> str:
        return self.trigram


class Change(models.Model):
    """A document that is to be made anew: noted together with the change itself, so that none is lost."""

    subject = models.CharField(max_length=30)
    key = models.CharField(max_length=200)
    """The same may be noted twice: two transactions then need not wait for each other."""

    def __str__(self) -> str:
        return f"{self.subject} {self.key}"
