"""Our addresses and one page more, which shows all parts that pages are made of."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf.urls.i18n import i18n_patterns
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import RequestContext, Template
from django.urls import path

from stadtkern.config import urls as ours
from stadtkern.web.charts import Band, Bar, Level, Line

handler400, handler403 = ours.handler400, ours.handler403
handler404, handler500 = ours.handler404, ours.handler500
START = datetime(2026, 11, 22, 11, tzinfo=UTC)
LONG_WORD = "Hochwasserrückhaltebeckenverordnung"
PAGE = """{% extends "web/base.html" %}{% load web %}
{% block title %}Muster{% endblock %}
{% block banner %}<div class="sk-banner sk-banner--danger" role="region" aria-label="Warnung"><div class="sk-container sk-banner__inner">{% icon "danger" %}<p><strong>Hochwasser an der Neiße.</strong> Alarmstufe 2 seit 06:40 Uhr. <a class="kern-link" href="#">Was jetzt zu tun ist</a></p></div></div>{% endblock %}
{% block breadcrumb %}{% breadcrumb "Daten" "/de/sensors/" "Muster" %}{% endblock %}
{% block main %}
<h1>{{ word }} und Pegel der Lausitzer Neiße</h1>
<p class="sk-lead">Die Neiße steht bei {% value 212 "cm" %}, wie üblich für November. Nichts zu tun. {% ago start %}</p>
{% tabs "Ansichten" "Heute" "#" True "Woche" "#" False word "#" False %}
<div class="kern-alert kern-alert--info" role="status"><div class="kern-alert__header">{% icon "info" %}<p class="kern-title">Gespeichert.</p></div></div>
<h2>Verlauf</h2>
{% line_chart lines title="Wasserstand in Guben und Gubin" unit="cm" levels=levels band=band csv="#csv" src="/sample.json" %}
{% sparkline lines.0 %}
{% bar_chart bars title="Strompreis heute" unit="{EUR}/(MW.h)" %}
<h2>Tabelle</h2>
<div class="sk-table-scroll" tabindex="0" role="region" aria-label="Tabelle der Messstellen"><table><caption>Messstellen</caption><thead><tr><th scope="col">Ort</th><th scope="col">{{ word }}</th></tr></thead><tbody><tr><th scope="row">Guben</th><td>212 cm</td></tr></tbody></table></div>
{% pagination page_obj %}
{% endblock %}"""


def facts() -> dict[str, Any]:
    """Return what the page shows."""
    times = [START + timedelta(hours=n) for n in range(25)]
    return {
        "word": LONG_WORD,
        "start": START,
        "lines": [
            Line(
                times=times,
                values=[200 + (n * n) / 40 if n not in {9, 10} else None for n in range(25)],
                label="Guben",
            ),
            Line(times=times, values=[204 + n / 2 for n in range(25)], label="Gubin"),
        ],
        "levels": [
            Level(label="Alarmstufe 1", value=225, severity=1),
            Level(label="Alarmstufe 2", value=230, severity=2),
        ],
        "band": Band(times=[times[0], times[-1]], low=[196, 197], high=[208, 209]),
        "bars": [
            Bar(label=f"{n}:00", value=40 + 10 * (n % 7) - 60 * (n == 13), is_current=n == 12)
            for n in range(24)
        ],
        "page_obj": Paginator(range(500), 25).page(4),
    }


def sample(request: HttpRequest) -> HttpResponse:
    """Show all parts."""
    return HttpResponse(Template(PAGE).render(RequestContext(request, facts())))


def series(request: HttpRequest) -> JsonResponse:
    """Answer with a long series."""
    times = [int(START.timestamp()) + 900 * n for n in range(3000)]
    return JsonResponse(
        {"times": times, "series": [{"label": "Guben", "values": [200 + n % 40 for n in range(3000)]}]}
    )


urlpatterns = [path("sample.json", series), *i18n_patterns(path("sample/", sample)), *ours.urlpatterns]
