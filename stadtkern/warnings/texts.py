"""What an alert says, in the active language."""

from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stadtkern.base import clock
from stadtkern.observations.models import Datastream
from stadtkern.warnings.models import Alert, Condition, Delivery, Rule, Severity
from stadtkern.web.fields import in_language
from stadtkern.web.numbers import moment_text, number_text


def title_of(alert: Alert) -> str:
    """Return the title as editors wrote it, or as translated with the program."""
    text, language = in_language(alert.title)
    return _(text) if text and language == "en" else text or alert.kind


def sentence(alert: Alert) -> str:
    """Return in one sentence what was noticed, without the title."""
    if alert.text:
        return str(_(alert.text) % alert.params)
    stream = alert.datastream
    if stream is None:
        return ""
    words = {"place": str(stream.thing), "what": stream.observed_property.label}
    if alert.value is None or alert.limit is None:
        # Translators: such as "Klimastation Markt: Air temperature has sent nothing for a while"
        return _("%(place)s: %(what)s, no reading came in time") % words
    words |= {"value": value_text(stream, alert.value), "limit": value_text(stream, alert.limit)}
    kinds = {one.kind for one in alert.rule.conditions.all()} if alert.rule else set()
    if kinds == {Condition.Kind.RISE}:
        return _("%(place)s: %(what)s, risen by %(value)s (limit %(limit)s)") % words
    if kinds == {Condition.Kind.FALL}:
        return _("%(place)s: %(what)s, fallen by %(value)s (limit %(limit)s)") % words
    # Translators: such as "Guben 2: Water level 652 cm (limit 600 cm)"
    return _("%(place)s: %(what)s %(value)s (limit %(limit)s)") % words


def newest_value(alert: Alert) -> str:
    """Return the newest value behind an alert that still stands; empty where there is none to tell."""
    stream = alert.datastream
    latest = getattr(stream, "latest", None)
    if stream is None or alert.ended is not None or alert.value is None or latest is None:
        return ""
    return "" if latest.result is None else value_text(stream, latest.result)


def value_text(stream: Datastream, value: float) -> str:
    """Return a value as the series shows it."""
    return number_text(value, stream.unit, stream.observed_property.decimals)


def advice_of(alert: Alert) -> str:
    """Return what to do."""
    return alert.rule.get_advice() if alert.rule is not None else ""


def state_word(alert: Alert) -> str:
    """Return how far the alert is."""
    if alert.is_withdrawn:
        return _("withdrawn")
    if alert.ended is not None and alert.ended <= clock.now():
        return _("ended")
    return _("acknowledged") if alert.acknowledged_at else _("standing")


def subject_line(alert: Alert, event: str) -> str:
    """Return the subject of a message about an alert."""
    is_end = event == Delivery.Event.ENDED
    words = {"title": title_of(alert), "severity": str(Severity(alert.severity).label)}
    return _("Ended: %(title)s") % words if is_end else _("%(severity)s: %(title)s") % words


def body(alert: Alert, event: str) -> str:
    """Return the text of a message about an alert."""
    first = sentence(alert)
    lines = [first + "." if first else "", advice_of(alert)]
    lines.append(_("Since: %(time)s") % {"time": moment_text(alert.begun)})
    if alert.ended is not None:
        lines.append(_("Ended: %(time)s") % {"time": moment_text(alert.ended)})
    if alert.is_withdrawn:
        lines.append(_("Late readings show that it was not so."))
    lines.append(settings.PUBLIC_URL + reverse("alert", args=[alert.pk]))
    del event  # the times say which it is
    return "\n\n".join(line for line in lines if line)


def condition_text(condition: Condition) -> str:
    """Return a condition as a piece of a sentence: where, what, how much."""
    stream, kind = condition.datastream, condition.kind
    if stream is not None:
        what = stream.label
    elif condition.observed_property is not None:
        what = _("every series of %(what)s") % {"what": condition.observed_property.label}
    else:
        what = _("every series")
    words = {"what": what, "value": "", "span": span_text(condition.span), "level": condition.level or 1}
    if condition.value is not None:
        words["value"] = number_text(condition.value, condition.unit, _decimals(condition.value))
    forms = {
        Condition.Kind.ABOVE: _("%(what)s reaches %(value)s"),
        Condition.Kind.BELOW: _("%(what)s falls to %(value)s"),
        Condition.Kind.LEVEL: _("%(what)s reaches alarm level %(level)s"),
        Condition.Kind.RISE: _("%(what)s rises by %(value)s within %(span)s"),
        Condition.Kind.FALL: _("%(what)s falls by %(value)s within %(span)s"),
        Condition.Kind.SILENCE: _("%(what)s sends nothing for %(span)s"),
    }
    return forms[Condition.Kind(kind)] % words


def rule_text(rule: Rule) -> str:
    """Return what a rule looks for in one line."""
    joint = _(" and ") if rule.combine == Rule.Combine.ALL else _(" or ")
    text = joint.join(condition_text(condition) for condition in rule.conditions.all())
    if rule.duration:
        return _("%(conditions)s, for at least %(span)s") % {
            "conditions": text,
            "span": span_text(rule.duration),
        }
    return text


def _decimals(value: float) -> int:
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])


def span_text(span: timedelta | None) -> str:
    """Return a span of time in the largest unit that leaves nothing over."""
    seconds = 0 if span is None else int(span.total_seconds())
    if seconds and seconds % 86400 == 0:
        count = seconds // 86400
        return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    if seconds and seconds % 3600 == 0:
        count = seconds // 3600
        return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
    count = seconds // 60
    return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}
