"""Addresses below `data/`."""

from django.urls import path

from stadtkern.community import access_views, views

urlpatterns = [
    path("subscriptions/<str:token>/confirm/", views.confirm, name="subscription-confirm"),
    path("subscriptions/<str:token>/end/", views.end, name="subscription-end"),
    path("subscriptions/<str:token>/stop/", views.stop, name="subscription-stop"),
    path("subscriptions/search/", views.subscribe_to_search, name="subscribe-search"),
    path("wishes/", views.wishes, name="data-requests"),
    path("wishes/new/", views.new_wish, name="data-request-new"),
    path("wishes/<int:pk>/", views.wish, name="data-request"),
    path("wishes/<int:pk>/vote/", views.vote, name="data-request-vote"),
    path("reuses/", views.reuses, name="reuses"),
    path("reuses/new/", views.new_reuse, name="reuse-new"),
    path("usage/", views.usage, name="data-usage"),
    path("marketplace/", access_views.marketplace, name="marketplace"),
    path("requests/", access_views.own_requests, name="access-requests"),
    path("requests/<int:pk>/key/", access_views.make_key, name="access-key"),
    path("requests/<int:pk>/withdraw/", access_views.withdraw, name="access-withdraw"),
    path("<slug:slug>/subscribe/", views.subscribe, name="dataset-subscribe"),
    path("<slug:slug>/webhook/", views.webhook, name="dataset-webhook"),
    path("<slug:slug>/questions/", views.questions, name="dataset-questions"),
    path("<slug:slug>/request/", access_views.ask, name="access-ask"),
]
