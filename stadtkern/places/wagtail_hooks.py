"""What of areas and addresses appears in the back office."""

from django.urls import URLPattern
from wagtail import hooks
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permissions import register_permission_policy

from stadtkern.people.policy import RulesPermissionPolicy
from stadtkern.places import admin
from stadtkern.places.models import Address, Area

register_permission_policy(Area, RulesPermissionPolicy(Area))
register_permission_policy(Address, RulesPermissionPolicy(Address))


@hooks.register("register_admin_viewset")
def viewsets() -> list[ModelViewSet]:
    """Let editors keep areas and addresses."""
    return [admin.AreaViewSet(), admin.AddressViewSet()]


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern]:
    """Give import and export their addresses."""
    return admin.admin_urls()
