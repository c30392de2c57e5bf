"""What may be done with rules and alerts."""

from stadtkern.warnings.senders.message import CannotSend
from stadtkern.warnings.services.alerts import acknowledge, end_alert, heard_alarm, raise_alert
from stadtkern.warnings.services.deliveries import deliver_due, send_test
from stadtkern.warnings.services.retention import delete_alerts, delete_deliveries, delete_tickets
from stadtkern.warnings.services.rules import delete_rule, mute, save_channel, save_rule
from stadtkern.warnings.services.subscriptions import (
    forget_subscription,
    keep_subscription,
    read_subscription,
)
from stadtkern.warnings.services.tickets import finish_ticket
from stadtkern.warnings.services.watch import Watcher

__all__ = [
    "CannotSend",
    "Watcher",
    "acknowledge",
    "delete_alerts",
    "delete_deliveries",
    "delete_rule",
    "delete_tickets",
    "deliver_due",
    "end_alert",
    "finish_ticket",
    "forget_subscription",
    "heard_alarm",
    "keep_subscription",
    "mute",
    "raise_alert",
    "read_subscription",
    "save_channel",
    "save_rule",
    "send_test",
]
