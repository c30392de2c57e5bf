"""Where senders bring their messages."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from stadtkern.base.errors import StadtkernError
from stadtkern.ingest import hooks

logger = logging.getLogger(__name__)


@csrf_exempt
def hook(request: HttpRequest, slug: str) -> JsonResponse:
    """Take a message; 2xx is said only after it is on disk."""
    if request.method != "POST":
        return hooks.problem("send the message by POST", status=405, headers={"Allow": "POST"})
    try:
        return hooks.store(hooks.accept(request, slug))
    except hooks.RefusedError as error:
        return hooks.problem(str(error), status=error.status, headers=error.headers)
    except StadtkernError as error:
        return hooks.problem(str(error), status=error.status)
    except DatabaseError:
        logger.exception("a message for %s could not be stored", slug)
        return hooks.problem("cannot store now, send it again", status=503, headers={"Retry-After": "10"})
