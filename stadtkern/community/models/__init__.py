"""The tables of what people say about data."""

from stadtkern.community.models.marketplace import AccessRequest, ClosedRead, Offer
from stadtkern.community.models.subscriptions import DailyUse, DatasetEvent, Reminder, Subscription
from stadtkern.community.models.talk import Answer, DataRequest, Question, RequestVote, Reuse

__all__ = [
    "AccessRequest",
    "Answer",
    "ClosedRead",
    "DailyUse",
    "DataRequest",
    "DatasetEvent",
    "Offer",
    "Question",
    "Reminder",
    "RequestVote",
    "Reuse",
    "Subscription",
]
