"""Addresses below `account/`."""

from django.urls import path

from stadtkern.people import key_views, views

urlpatterns = [
    path("", views.account, name="account"),
    path("second-factor/", views.second_factor, name="second-factor"),
    path("export/", views.account_export, name="account-export"),
    path("keys/", key_views.key_list, name="account-keys"),
    path("keys/new/", key_views.key_new, name="account-key-new"),
    path("keys/<int:pk>/revoke/", key_views.key_revoke, name="account-key-revoke"),
    path("delete/", views.account_delete, name="account-delete"),
]
