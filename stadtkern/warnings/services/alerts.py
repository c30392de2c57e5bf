"""Alerts: exactly one for each episode, from its beginning to its end."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

import numpy as np
from auditlog.context import disable_auditlog
from django.db import transaction

from stadtkern.base import clock
from stadtkern.base.alarms import Alarm
from stadtkern.base.errors import NotPermitted
from stadtkern.observations.fields import instant, micros
from stadtkern.people.models import User
from stadtkern.warnings.binding import Target
from stadtkern.warnings.evaluation import Episode
from stadtkern.warnings.evaluation.conditions import FAR
from stadtkern.warnings.judging import Verdict
from stadtkern.warnings.models import Alert, Channel, Delivery
from stadtkern.warnings.services.queueing import queue

NEWS = timedelta(hours=3)
"""What was raised longer ago is written down, but told to nobody."""


def settle(found: Sequence[tuple[Target, Verdict]]) -> None:
    """Bring the alerts of targets in line with what was found; in the transaction of the caller."""
    if not found:
        return
    subjects = [target.subject for target, _verdict in found]
    oldest = instant(min(verdict.since for _target, verdict in found))
    known: dict[str, list[Alert]] = {}
    for start in range(0, len(subjects), 5000):
        alerts = Alert.objects.filter(kind="rule", subject__in=subjects[start : start + 5000])
        alerts = alerts.exclude(ended__lt=oldest)
        for alert in alerts.order_by("begun"):
            known.setdefault(alert.subject, []).append(alert)
    with disable_auditlog():  # the trail is about what people do
        for target, verdict in found:
            _settle(target, verdict, known.get(target.subject, []))


def _settle(target: Target, verdict: Verdict, known: Sequence[Alert]) -> None:
    waiting = [one for one in known if one.ended is None or micros(one.ended) >= verdict.since]
    for episode in verdict.episodes:
        alert = next((one for one in waiting if _overlap(one, episode)), None)
        if alert is None:
            _begin(target, episode)
        else:
            waiting.remove(alert)
            _update(target, alert, episode)
    for alert in waiting:
        if alert.ended is None or (verdict.corrects and not alert.is_withdrawn):
            _withdraw(target, alert, is_wrong=verdict.corrects)


def end_orphans(subjects: AbstractSet[str]) -> None:
    """End the alerts of rules that are no longer in use and of series that are gone."""
    standing = Alert.objects.standing().filter(kind="rule").values_list("pk", "subject")
    gone = [key for key, subject in standing if subject not in subjects]
    for alert in Alert.objects.filter(pk__in=gone):
        alert.ended = max(clock.now(), alert.begun)
        alert.save(update_fields=["ended"])


def _overlap(alert: Alert, episode: Episode) -> bool:
    ended = FAR if alert.ended is None else micros(alert.ended)
    return micros(alert.begun) <= (episode.ended or FAR) and episode.begun <= ended


def _begin(target: Target, episode: Episode) -> None:
    now = clock.now()
    rule = target.rule
    same = Alert.objects.filter(kind="rule", subject=target.subject, begun=instant(episode.begun)).first()
    if same is not None:
        _update(target, same, episode)
        return
    raised = min(instant(episode.raised), now)
    if episode.ended is not None and raised < rule.since:
        return
    told = episode.ended is None or raised > now - NEWS
    alert = Alert.objects.create(
        kind="rule",
        subject=target.subject,
        rule=rule,
        datastream=target.stream,
        title=rule.title,
        severity=rule.severity,
        is_public=rule.is_public,
        begun=instant(episode.begun),
        raised=raised,
        ended=None if episode.ended is None else instant(episode.ended),
        value=episode.value,
        peak=episode.peak,
        limit=_limit(target, episode.begun),
        is_late=not told,
        created=now,
    )
    if told:
        _tell(target, alert, Delivery.Event.RAISED)


def _limit(target: Target, moment: int) -> float | None:
    test = next((test for test in target.spec.tests if test.stream == target.stream.pk), target.spec.tests[0])
    on, _off = test.limit.at(np.array([moment]))
    return None if np.isnan(on[0]) else float(on[0])


def _update(target: Target, alert: Alert, episode: Episode) -> None:
    ended = None if episode.ended is None else instant(episode.ended)
    has_ended = alert.ended is None and ended is not None
    fresh = {"begun": instant(episode.begun), "ended": ended, "value": episode.value, "peak": episode.peak}
    if alert.ended is not None and ended is None:
        fresh["is_withdrawn"] = False
    changed = [name for name, value in fresh.items() if getattr(alert, name) != value]
    if changed:
        for name in changed:
            setattr(alert, name, fresh[name])
        alert.save(update_fields=changed)
    if has_ended:
        _tell(target, alert, Delivery.Event.ENDED)


def _withdraw(target: Target, alert: Alert, *, is_wrong: bool) -> None:
    """End an alert that no longer holds: its rule was changed, or late data show that it was wrong."""
    was_standing = alert.ended is None
    alert.ended = alert.ended or max(clock.now(), alert.begun)
    alert.is_withdrawn = is_wrong
    alert.save(update_fields=["ended", "is_withdrawn"])
    if was_standing:
        _tell(target, alert, Delivery.Event.ENDED)


def _tell(target: Target, alert: Alert, event: str) -> None:
    muted = target.rule.muted_until
    if muted is None or muted <= clock.now():
        queue(alert, event, [one for one in target.rule.channels.all() if one.is_active])


def acknowledge(alert: Alert, *, by: User, note: str = "") -> None:
    """Note that somebody has seen an alert and looks after it."""
    if not by.has_perm("warnings.change_alert"):
        raise NotPermitted("Only editors and analysts may acknowledge alerts.")
    alert.acknowledged_at = alert.acknowledged_at or clock.now()
    alert.acknowledged_by = alert.acknowledged_by or by
    alert.note = note or alert.note
    alert.save(update_fields=["acknowledged_at", "acknowledged_by", "note"])


def raise_alert(  # noqa: PLR0913  # what there is to say, by name
    *,
    kind: str,
    subject: str,
    title: Mapping[str, str],
    severity: int,
    text: str = "",
    params: Mapping[str, object] | None = None,
    url: str = "",
    since: datetime | None = None,
    channels: Iterable[Channel] = (),
) -> Alert:
    """Return the standing alert about a subject, raised now if there is none; for parts with own checks."""
    now = clock.now()
    with transaction.atomic():
        standing = Alert.objects.filter(kind=kind, subject=subject, ended__isnull=True).first()
        if standing is not None:
            return standing
        facts = {
            "title": dict(title),
            "severity": severity,
            "text": text,
            "params": dict(params or {}),
            "url": url,
            "ended": None,
            "raised": now,
            "created": now,
        }
        # what ended in the very moment in which it begins again goes on
        alert, is_new = Alert.objects.update_or_create(
            kind=kind, subject=subject, begun=since or now, create_defaults=facts, defaults={"ended": None}
        )
        if is_new:
            queue(alert, Delivery.Event.RAISED, list(channels))
    return alert


def end_alert(*, kind: str, subject: str) -> None:
    """End the standing alert about a subject, if there is one."""
    with transaction.atomic():
        alert = Alert.objects.filter(kind=kind, subject=subject, ended__isnull=True).first()
        if alert is None:
            return
        alert.ended = clock.now()
        alert.save(update_fields=["ended"])
        told = Channel.objects.filter(deliveries__alert=alert, deliveries__event=Delivery.Event.RAISED)
        queue(alert, Delivery.Event.ENDED, list(told.filter(is_active=True)))


def heard_alarm(alarm: Alarm) -> None:
    """Turn an alarm of another part of the program into an alert, or end it."""
    if alarm.is_over:
        end_alert(kind=alarm.kind, subject=alarm.subject)
        return
    raise_alert(
        kind=alarm.kind,
        subject=alarm.subject,
        title={"en": alarm.title},
        severity=alarm.severity,
        text=alarm.text,
        params=alarm.params,
        url=alarm.url,
        channels=Channel.objects.filter(is_active=True, hears_alarms=True),
    )
