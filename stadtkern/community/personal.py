"""What is held here about a person: handed out, and made anonymous."""

from stadtkern.community.models import (
    AccessRequest,
    ClosedRead,
    DataRequest,
    Question,
    RequestVote,
    Reuse,
    Subscription,
)
from stadtkern.people.models import User


def export(user: User) -> object:
    """Return everything about the person, as JSON can hold it."""
    mine = Subscription.objects.filter(user=user) | Subscription.objects.filter(email=user.email)
    return {
        "subscriptions": list(mine.values("dataset__slug", "query", "email", "url", "rhythm", "created_at")),
        "questions": list(Question.objects.filter(author=user).values("dataset__slug", "text", "asked_at")),
        "wishes": list(DataRequest.objects.filter(author=user).values("title", "text", "state", "made_at")),
        "votes": list(RequestVote.objects.filter(user=user).values("request__title", "at")),
        "reuses": list(Reuse.objects.filter(author=user).values("title", "url", "text", "made_at")),
        "access_requests": list(
            AccessRequest.objects.filter(user=user).values(
                "dataset__slug", "organisation", "purpose", "state", "asked_at", "valid_until"
            )
        ),
        "readings": list(ClosedRead.objects.filter(user=user).values("dataset__slug", "what", "rows", "at")),
    }


def erase(user: User) -> None:
    """Forget addresses, take the name off what was written; votes keep counting."""
    Subscription.objects.filter(user=user).delete()
    Subscription.objects.filter(email=user.email).delete()
    Question.objects.filter(author=user).update(author=None, name="", email="")
    DataRequest.objects.filter(author=user).update(author=None, name="")
    RequestVote.objects.filter(user=user).update(user=None)
    Reuse.objects.filter(author=user).update(author=None, email="")
    requests = AccessRequest.objects.filter(user=user)
    requests.filter(state=AccessRequest.State.ASKED).update(state=AccessRequest.State.WITHDRAWN)
    requests.update(user=None)
    ClosedRead.objects.filter(user=user).update(user=None)
