"""Root of all addresses."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from stadtkern.base.plugins import plugins
from stadtkern.contracts.standard import Standard

standards = plugins("stadtkern.standards", "standard", Standard)

urlpatterns = [
    path("", include("stadtkern.web.urls")),
    path("admin/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("", include("stadtkern.dashboards.machine_urls")),
    path("", include("stadtkern.ingest.urls")),
    path("", include("stadtkern.lorawan.machine_urls")),
    path("api/v1/", include("stadtkern.places.urls_api")),
    path("admin/", include(wagtailadmin_urls)),
    path("", include("stadtkern.governance.machine_urls")),
    path("", include("stadtkern.catalogue.machine_urls")),
    path("", include("stadtkern.warnings.machine_urls")),
    path("documents/", include(wagtaildocs_urls)),
    *(path(s.prefix, include(f"stadtkern.standards.{slug}.urls")) for slug, s in standards.items()),
    *i18n_patterns(
        path("", include("stadtkern.web.page_urls")),
        path("search/", include("stadtkern.search.urls")),
        path("account/", include("stadtkern.people.urls")),
        path("account/", include("allauth.urls")),
        path("sensors/", include("stadtkern.governance.urls")),
        path("sensors/", include("stadtkern.observations.urls")),
        path("data/", include("stadtkern.community.urls")),
        path("data/", include("stadtkern.catalogue.urls")),
        path("warnings/", include("stadtkern.warnings.urls")),
        path("sensors/", include("stadtkern.lorawan.urls")),
        path("", include("stadtkern.dashboards.urls")),
        path("", include(wagtail_urls)),
    ),
]

handler400 = "stadtkern.web.errors.bad_request"
handler403 = "stadtkern.web.errors.forbidden"
handler404 = "stadtkern.web.errors.not_found"
handler500 = "stadtkern.web.errors.server_error"
