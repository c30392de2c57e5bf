"""What pages are made of."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

RICH = ["bold", "italic", "link", "document-link", "ol", "ul", "superscript", "subscript"]


class HeadingBlock(blocks.CharBlock):
    """A heading within the page."""

    class Meta:
        icon = "title"
        label = _("Heading")
        template = "web/blocks/heading.html"


class PictureBlock(blocks.StructBlock):
    """A picture with its words for those who do not see it."""

    image = ImageChooserBlock(label=_("Picture"))
    alternative = blocks.CharBlock(
        label=_("What the picture shows"),
        required=False,
        max_length=250,
        help_text=_("Read aloud to blind people. Leave empty only if the picture is mere decoration."),
    )
    caption = blocks.CharBlock(label=_("Caption and source"), required=False, max_length=250)

    class Meta:
        icon = "image"
        label = _("Picture")
        template = "web/blocks/picture.html"


class QuoteBlock(blocks.StructBlock):
    """Words of somebody."""

    quote = blocks.TextBlock(label=_("Words"))
    source = blocks.CharBlock(label=_("Who said it"), required=False, max_length=200)

    class Meta:
        icon = "openquote"
        label = _("Quotation")
        template = "web/blocks/quote.html"


class AccordionBlock(blocks.StructBlock):
    """Questions that open to their answers."""

    entries = blocks.ListBlock(
        blocks.StructBlock(
            [
                ("title", blocks.CharBlock(label=_("Question or title"), max_length=200)),
                ("text", blocks.RichTextBlock(label=_("Text"), features=RICH)),
            ]
        ),
        label=_("Entries"),
        min_num=1,
    )

    class Meta:
        icon = "list-ul"
        label = _("Accordion")
        template = "web/blocks/accordion.html"


class ContactBlock(blocks.StructBlock):
    """Whom to ask."""

    name = blocks.CharBlock(label=_("Name or office"), max_length=200)
    role = blocks.CharBlock(label=_("Responsible for"), required=False, max_length=200)
    email = blocks.EmailBlock(label=_("Email"), required=False)
    phone = blocks.CharBlock(label=_("Telephone"), required=False, max_length=60)
    address = blocks.TextBlock(label=_("Address and opening hours"), required=False)

    class Meta:
        icon = "user"
        label = _("Contact")
        template = "web/blocks/contact.html"


class VideoBlock(blocks.StructBlock):
    """A link to a video; it is not embedded, so that nobody is tracked."""

    title = blocks.CharBlock(label=_("Title"), max_length=200)
    url = blocks.URLBlock(
        label=_("Address"), help_text=_("The page says that the link leads to another site.")
    )
    length = blocks.CharBlock(label=_("Length"), required=False, max_length=30)
    has_sign_language = blocks.BooleanBlock(label=_("In sign language"), required=False)

    class Meta:
        icon = "media"
        label = _("Video")
        template = "web/blocks/video.html"


class BodyBlock(blocks.StreamBlock):
    """The body of a page."""

    heading = HeadingBlock(max_length=200)
    paragraph = blocks.RichTextBlock(label=_("Text"), features=RICH, template="web/blocks/paragraph.html")
    picture = PictureBlock()
    quote = QuoteBlock()
    accordion = AccordionBlock()
    contact = ContactBlock()
    video = VideoBlock()


class BarrierBlock(blocks.StructBlock):
    """A known barrier, why it is there, and what to do instead."""

    barrier = blocks.TextBlock(label=_("What cannot be used, and by whom"))
    reason = blocks.ChoiceBlock(
        label=_("Reason"),
        choices=[
            ("not_compliant", _("not yet in accordance with the rules")),
            ("burden", _("disproportionate burden")),
            ("scope", _("outside the scope of the law")),
        ],
    )
    explanation = blocks.TextBlock(label=_("Explanation"), required=False)
    alternative = blocks.TextBlock(label=_("What to do instead"), required=False)
    until = blocks.DateBlock(label=_("To be removed by"), required=False)

    class Meta:
        icon = "warning"
        label = _("Barrier")

    def clean(self, value: object) -> object:
        """Want an explanation for everything that is not simply unfinished."""
        result = super().clean(value)
        if result["reason"] == "burden" and not result["explanation"]:
            raise blocks.StructBlockValidationError(
                {"explanation": ValidationError(_("Explain why the burden is disproportionate."))}
            )
        return result


class BarriersBlock(blocks.StreamBlock):
    """The known barriers."""

    barrier = BarrierBlock()
