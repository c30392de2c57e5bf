"""Addresses below `account/`."""

from django.urls import path

from stadtkern.people import views

urlpatterns = [
    path("", views.account, name="account"),
    path("second-factor/", views.second_factor, name="second-factor"),
    path("export/", views.account_export, name="account-export"),
    path("delete/", views.account_delete, name="account-delete"),
]
