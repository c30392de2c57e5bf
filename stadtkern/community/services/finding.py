"""What a saved search finds among some datasets."""

from collections.abc import Collection, Mapping, Sequence

from stadtkern.base.folding import plain_words
from stadtkern.catalogue.models import Dataset


def datasets_of_search(
    params: Mapping[str, Sequence[str]], among: Collection[int], language: str
) -> list[int]:
    """Return which of some public datasets fit a search as it stands in an address.

    Every word of `q` has to begin a word of title, summary, description or keywords; of each facet one
    value has to fit. These few datasets are looked at themselves, so that a search that finds much costs no
    more than one that finds little.
    """
    del language
    found = Dataset.objects.public().filter(pk__in=among).prefetch_related("keywords", "distributions")
    return [one.pk for one in found.select_related("publisher") if _fits(one, params)]


def _fits(dataset: Dataset, params: Mapping[str, Sequence[str]]) -> bool:
    words = plain_words(" ".join(params.get("q", ())))
    there = plain_words(_text(dataset))
    if not all(any(one.startswith(word) for one in there) for word in words):
        return False
    facts = _facets(dataset)
    return all(set(values) & facts[name] for name, values in params.items() if name in facts)


def _text(dataset: Dataset) -> str:
    texts = (dataset.title, dataset.summary, dataset.description)
    words = [keyword.word for keyword in dataset.keywords.all()]
    return " ".join([*(text for one in texts for text in one.values()), *words, dataset.slug])


def _facets(dataset: Dataset) -> dict[str, set[str]]:
    return {
        "theme": set(dataset.themes),
        "publisher": {dataset.publisher.slug},
        "hvd": set(dataset.hvd_categories),
        "keyword": {keyword.slug for keyword in dataset.keywords.all()},
        "format": {one.format for one in dataset.distributions.all()},
    }
