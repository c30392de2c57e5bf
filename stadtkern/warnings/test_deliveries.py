"""Messages: told once, in the right language, signed, again when it failed, and not at night."""

import hmac
import json
from datetime import UTC, datetime, time, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core import mail

from stadtkern.base.errors import BadInput
from stadtkern.ingest.outgoing import forget, queue_message, waiting
from stadtkern.people.models import User
from stadtkern.warnings.conftest import Clock, Send, above, rule
from stadtkern.warnings.models import Alert, Channel, Delivery, PushSubscription, Ticket
from stadtkern.warnings.senders import push
from stadtkern.warnings.services import Watcher, deliver_due, finish_ticket, mute, save_channel, send_test
from stadtkern.warnings.services.alerts import end_alert, raise_alert
from stadtkern.warnings.services.queueing import quiet_until
from stadtkern.warnings.services.rules import webhook_key
from stadtkern.web.fixtures import Receiver, receiver

pytestmark = pytest.mark.django_db
__all__ = ["receiver"]


def channel(kind: str, **more: object) -> Channel:
    """Make a way of telling."""
    return save_channel(Channel(**{"name": f"{kind} duty", "kind": kind, **more}))


def flood(at: Clock, send: Send, watcher: Watcher, *channels: Channel, **more: object) -> Alert:
    """Raise an alert that is told on the channels."""
    send(500, 650)
    rule(above(600), channels=channels, **more)
    watcher.tick()
    return Alert.objects.get()


def ebb(at: Clock, send: Send, watcher: Watcher) -> None:
    """End the alert."""
    at.forward(minutes=15)
    send(400)
    watcher.tick()


def states() -> list[tuple[str, str]]:
    """Return event and state of all messages."""
    return list(Delivery.objects.order_by("pk").values_list("event", "state"))


def test_mail_in_the_language_of_who_gets_it(at: Clock, send: Send, watcher: Watcher, alice: User) -> None:
    alice.language = "de"
    alice.save()
    flood(
        at,
        send,
        watcher,
        channel("mail", user=alice, language="pl"),
        title={"de": "Hochwasser <1>", "en": "High"},
    )
    assert deliver_due() == 1
    assert deliver_due() == 0
    (sent,) = mail.outbox
    assert sent.to == ["alice@example.org"]
    assert "Hochwasser <1>" in sent.subject
    assert "Guben" in sent.body
    assert "/admin/alerts/" in sent.body
    uid = Delivery.objects.get().uid
    assert sent.extra_headers["Message-ID"].startswith(f"<{uid}@")
    ebb(at, send, watcher)
    assert deliver_due() == 1
    assert states() == [("raised", "sent"), ("ended", "sent")]


def test_mail_without_anybody_is_given_up_at_once(
    at: Clock, send: Send, watcher: Watcher, alice: User
) -> None:
    way = channel("mail", user=alice)
    User.objects.update(is_active=False)
    flood(at, send, watcher, way)
    deliver_due()
    assert states() == [("raised", "failed")]
    assert not mail.outbox


def test_webhook_is_signed_over_time_and_body(
    at: Clock, send: Send, watcher: Watcher, receiver: Receiver
) -> None:
    way = channel("webhook", url=receiver.url)
    alert = flood(at, send, watcher, way)
    deliver_due()
    ((headers, body),) = receiver.got
    signed = headers["Stadtkern-Time"].encode() + b"." + body
    expected = hmac.new(webhook_key(way).encode(), signed, "sha256").hexdigest()
    assert headers["Stadtkern-Signature"] == f"sha256={expected}"
    told = json.loads(body)
    assert (told["alert"], told["event"], told["value"], told["limit"], told["unit"]) == (
        alert.pk,
        "raised",
        650,
        600,
        "cm",
    )
    assert told["id"] == headers["Stadtkern-Delivery"] == str(Delivery.objects.get().uid)


def test_failed_webhook_is_tried_again_with_growing_pauses(
    at: Clock, send: Send, watcher: Watcher, receiver: Receiver
) -> None:
    receiver.status = 503
    flood(at, send, watcher, channel("webhook", url=receiver.url, most_per_hour=1000))
    pauses = []
    while (waiting := Delivery.objects.get()).state == "queued":
        assert waiting.next_try is not None
        pauses.append((waiting.next_try - at.now) / timedelta(minutes=1))
        at.now = waiting.next_try
        deliver_due()
    assert pauses == [0, 1, 5, 15, 60, 240, 720]
    assert waiting.state == "failed"
    assert "503" in waiting.problem
    assert len({headers["Stadtkern-Delivery"] for headers, _body in receiver.got}) == 1


def test_webhook_that_comes_back_gets_the_message(
    at: Clock, send: Send, watcher: Watcher, receiver: Receiver
) -> None:
    receiver.status = 500
    flood(at, send, watcher, channel("webhook", url=receiver.url))
    deliver_due()
    ebb(at, send, watcher)
    receiver.status = 204
    deliver_due()
    at.forward(minutes=2)
    deliver_due()
    assert states() == [("raised", "sent"), ("ended", "left_out")]


@pytest.mark.parametrize(
    ("url", "problem"), [("http://10.0.0.1/", "internal"), ("http://localhost:1/", "internal")]
)
def test_internal_addresses_are_guarded(
    at: Clock, send: Send, watcher: Watcher, url: str, problem: str
) -> None:
    flood(at, send, watcher, channel("webhook", url=url))
    deliver_due()
    assert problem in Delivery.objects.get().problem


def test_redirects_are_not_followed(at: Clock, send: Send, watcher: Watcher, receiver: Receiver) -> None:
    receiver.status = 302
    flood(at, send, watcher, channel("webhook", url=receiver.url))
    deliver_due()
    assert "redirects" in Delivery.objects.get().problem
    assert len(receiver.got) == 1


def test_ticket_has_an_owner_and_a_day(
    at: Clock, send: Send, watcher: Watcher, alice: User, charlie: User
) -> None:
    alert = flood(at, send, watcher, channel("ticket", user=alice, due_in=timedelta(days=2)))
    deliver_due()
    ticket = Ticket.objects.get()
    assert (ticket.owner, ticket.alert, ticket.due) == (alice, alert, at.now + timedelta(days=2))
    ebb(at, send, watcher)
    deliver_due()
    ticket.refresh_from_db()
    assert "Ended" in ticket.note
    assert not charlie.has_perm("warnings.change_ticket", ticket)
    finish_ticket(ticket, by=alice)
    assert Ticket.objects.get().done_at == at.now


def test_mqtt_goes_through_ingest(at: Clock, send: Send, watcher: Watcher) -> None:
    alert = flood(at, send, watcher, channel("mqtt", topic="town/alerts/river"))
    deliver_due()
    (message,) = waiting()
    assert (message.topic, message.retain) == ("town/alerts/river", True)
    assert json.loads(bytes(message.payload))["alert"] == alert.pk
    forget([message.pk])
    assert not waiting()


def test_topics_of_strangers_are_refused() -> None:
    for topic in ("", "a/#", "+/b", "$SYS/x", "a" * 501, "a\0"):
        with pytest.raises(BadInput):
            queue_message(topic, b"1")
    with pytest.raises(BadInput):
        queue_message("a", b"1" * 2_000_000)


def test_quiet_hours_hold_back_what_can_wait(at: Clock, send: Send, watcher: Watcher, alice: User) -> None:
    way = channel(
        "mail", user=alice, quiet_from=time(12), quiet_to=time(15), loud_severity=3
    )  # local; 13 o'clock
    flood(at, send, watcher, way)
    assert deliver_due() == 0
    ebb(at, send, watcher)
    at.forward(hours=2)
    assert deliver_due() == 1
    assert states() == [("raised", "sent"), ("ended", "left_out")]
    assert "Ended" in mail.outbox[0].body


def test_danger_is_told_even_in_quiet_hours(at: Clock, send: Send, watcher: Watcher, alice: User) -> None:
    way = channel("mail", user=alice, quiet_from=time(12), quiet_to=time(15), loud_severity=3)
    flood(at, send, watcher, way, severity=3)
    assert deliver_due() == 1


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-10-24T21:30", "2026-10-25T05:00"),  # the night in which the clock goes back
        ("2026-10-25T00:30", "2026-10-25T05:00"),
        ("2026-03-28T22:00", "2026-03-29T04:00"),  # the night in which it goes forward
        ("2026-06-01T12:00", "2026-06-01T12:00"),
    ],
)
def test_quiet_hours_over_midnight_and_the_change_of_time(now: str, expected: str) -> None:
    moment, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, expected))
    assert quiet_until(time(22), time(6), moment) == end


def test_no_more_than_allowed_in_an_hour(at: Clock, send: Send, watcher: Watcher, alice: User) -> None:
    way = channel("mail", user=alice, most_per_hour=2)
    for number in range(4):
        send(500, 650, thing=f"gauge-{number}")
    from stadtkern.observations.models import ObservedProperty  # noqa: PLC0415  # models, when they are loaded

    level = ObservedProperty.objects.get(slug="water_level")
    rule(above(600, datastream=None, observed_property=level), channels=[way])
    watcher.tick()
    deliver_due()
    assert [state for _event, state in states()] == ["sent", "sent", "left_out", "left_out"]


def test_little_things_and_muted_rules_are_not_told(
    at: Clock, send: Send, watcher: Watcher, alice: User
) -> None:
    way = channel("mail", user=alice, least_severity=3)
    flood(at, send, watcher, way)
    assert states() == []
    found = rule(above(610), slug="second", severity=4, channels=[way])
    mute(found, at.now + timedelta(hours=1))
    watcher.tick()
    assert Alert.objects.count() == 2
    assert states() == []


def test_sender_that_died_is_followed_by_another(
    at: Clock, send: Send, watcher: Watcher, alice: User
) -> None:
    flood(at, send, watcher, channel("mail", user=alice))
    Delivery.objects.update(next_try=at.now + timedelta(minutes=10), attempts=1)  # claimed, then gone
    assert deliver_due() == 0
    at.forward(minutes=11)
    assert deliver_due() == 1


def test_test_message(at: Clock, alice: User) -> None:
    send_test(channel("mail", user=alice))
    assert "Test of a way of telling" in mail.outbox[0].subject


def test_push_encrypts_as_rfc_8291_shows() -> None:
    """RFC 8291, appendix A: the values of the example."""
    receiver = push.Receiver(
        push.raw("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        push.raw("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    number = int.from_bytes(push.raw("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    found = push.encrypt(
        b"When I grow up, I want to be a watermelon",
        receiver,
        salt=push.raw("DGv6ra1nlYgDCS1FRnbzlw"),
        sender=ec.derive_private_key(number, push.CURVE),
    )
    assert push.text(found) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_push_reaches_subscribers_and_forgets_those_that_are_gone(
    at: Clock, send: Send, watcher: Watcher, receiver: Receiver, settings: object
) -> None:
    private = ec.generate_private_key(push.CURVE)
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    auth = b"0123456789abcdef"
    facts = {"key": push.text(public), "auth": push.text(auth), "created": at.now, "language": "en"}
    PushSubscription.objects.create(endpoint=receiver.url, **facts)
    flood(at, send, watcher, channel("push"), is_public=True)
    assert deliver_due() == 1
    ((headers, body),) = receiver.got
    told = json.loads(decrypted(body, private, public, auth))
    assert told["title"] == "warning: High water"
    assert "/en/warnings/" in told["url"]
    assert headers["Content-Encoding"] == "aes128gcm"
    token, key = (
        part.partition("=")[2] for part in headers["Authorization"].removeprefix("vapid ").split(", ")
    )
    assert key == push.public_key()
    audience = receiver.url.removesuffix("/hook")
    claims = jwt.decode(token, push.own_key().public_key(), algorithms=["ES256"], audience=audience)
    assert claims["exp"] > 0
    receiver.status = 410
    ebb(at, send, watcher)
    deliver_due()
    assert not PushSubscription.objects.exists()


def decrypted(body: bytes, private: ec.EllipticCurvePrivateKey, public: bytes, auth: bytes) -> bytes:
    """Return what a browser makes of a message (RFC 8291, section 3.4)."""
    salt, sender, sealed = body[:16], body[21:86], body[86:]
    shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(push.CURVE, sender))
    secret = push._derive(shared, auth, b"WebPush: info\0" + public + sender, 32)  # noqa: SLF001  # the steps of RFC 8291 are tested one by one
    key = push._derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)  # noqa: SLF001  # the steps of RFC 8291 are tested one by one
    nonce = push._derive(secret, salt, b"Content-Encoding: nonce\0", 12)  # noqa: SLF001  # the steps of RFC 8291 are tested one by one
    return AESGCM(key).decrypt(nonce, sealed, None).removesuffix(b"\2")


def test_push_tells_only_what_is_public(at: Clock, send: Send, watcher: Watcher) -> None:
    flood(at, send, watcher, channel("push"))
    deliver_due()
    assert states() == [("raised", "failed")]


def test_an_alarm_that_begins_again_in_the_same_moment_goes_on(at: Clock) -> None:
    alarm = {"kind": "silent", "subject": "x", "title": {"en": "Silent"}, "severity": 1}
    first = raise_alert(**alarm)  # type: ignore[arg-type]  # as other parts do
    assert raise_alert(**alarm) == first  # type: ignore[arg-type]
    end_alert(kind="silent", subject="x")
    assert raise_alert(**alarm) == first  # type: ignore[arg-type]
    assert Alert.objects.get().ended is None
