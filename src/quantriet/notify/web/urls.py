from django.urls import path

from quantriet.notify.web import desk, member, unreached

urlpatterns = [
    path("desk/messages/", desk.message_list, name="message-list"),
    path("desk/messages/retry/", desk.messages_retry, name="messages-retry"),
    path("desk/messages/unreached/", unreached.unreached_list, name="unreached-list"),
    path("desk/messages/<int:pk>/", desk.message, name="message"),
    path("desk/messages/<int:pk>/retry/", desk.message_retry, name="message-retry"),
    path("me/notices/", member.notices, name="my-notices"),
    path("me/notices/read/", member.read_all, name="my-notices-read"),
    path("me/notices/<int:pk>/", member.notice, name="my-notice"),
    path("me/notices/preferences/", member.preferences, name="my-notice-preferences"),
    path("me/notices/browsers/", member.push_subscribe, name="push-subscribe"),
    path("me/notices/browsers/<int:pk>/end/", member.push_end, name="push-end"),
]
