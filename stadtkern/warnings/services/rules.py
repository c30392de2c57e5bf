"""Making and changing rules and ways of telling."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from stadtkern.base import clock
from stadtkern.base.errors import NotPermitted
from stadtkern.ingest.accounts import derive_key
from stadtkern.people.models import User
from stadtkern.warnings.models import Alert, Channel, Condition, Rule, RuleState


def require(user: User | None, permission: str) -> None:
    """Refuse a person who may not do this; `None` is the system itself."""
    if user is not None and not user.has_perm(f"warnings.{permission}"):
        raise NotPermitted("Only editors and analysts may work with rules.")


@transaction.atomic
def save_rule(
    rule: Rule, conditions: Sequence[Condition], channels: Sequence[Channel], *, by: User | None = None
) -> Rule:
    """Store a rule that a form has checked; it forgets what it remembered and is judged anew."""
    require(by, "add_rule" if rule.pk is None else "change_rule")
    rule.since, rule.revision = clock.now(), rule.revision + 1
    rule.save()
    rule.conditions.all().delete()
    for position, condition in enumerate(conditions):
        condition.pk, condition.rule, condition.position = None, rule, position
        condition.save(force_insert=True)
    rule.channels.set(channels)
    RuleState.objects.filter(rule=rule).delete()
    return rule


def mute(rule: Rule, until: datetime | None, *, by: User | None = None) -> None:
    """Tell nobody of alerts of this rule until a time; None: tell again."""
    require(by, "change_rule")
    rule.muted_until = until
    rule.save(update_fields=["muted_until"])


@transaction.atomic
def delete_rule(rule: Rule, *, by: User | None = None) -> None:
    """Remove a rule; its alerts end now and stay."""
    require(by, "delete_rule")
    for alert in Alert.objects.standing().filter(rule=rule):
        alert.ended = max(clock.now(), alert.begun)
        alert.save(update_fields=["ended"])
    rule.delete()


def save_channel(channel: Channel, *, by: User | None = None) -> Channel:
    """Store a way of telling that a form has checked."""
    require(by, "add_channel" if channel.pk is None else "change_channel")
    if channel.kind == Channel.Kind.WEBHOOK and not channel.key_salt:
        channel.key_salt = secrets.token_hex(16)
    channel.save()
    return channel


def webhook_key(channel: Channel) -> str:
    """Return the key by which the receiver knows that a message is ours."""
    return derive_key(f"webhook {channel.pk}", channel.key_salt)
