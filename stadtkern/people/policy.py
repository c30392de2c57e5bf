"""Wagtail asks our rules, also about a single object."""

from django.db import models
from wagtail.permission_policies import ModelPermissionPolicy

from stadtkern.people.models import User


class RulesPermissionPolicy(ModelPermissionPolicy):
    """Rights by `rules.py`: `<app>.<action>_<model>`, asked with the object where there is one."""

    def user_has_permission_for_instance(self, user: User, action: str, instance: models.Model) -> bool:
        """Return whether the rule allows the action on this object."""
        return user.has_perm(self._get_permission_name(action), instance)
