from django.urls import path

from quantriet.notify.web import desk

urlpatterns = [
    path("desk/messages/", desk.message_list, name="message-list"),
    path("desk/messages/retry/", desk.messages_retry, name="messages-retry"),
    path("desk/messages/<int:pk>/", desk.message, name="message"),
    path("desk/messages/<int:pk>/retry/", desk.message_retry, name="message-retry"),
]
