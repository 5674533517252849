from django.urls import path

from quantriet.library.web import desk

urlpatterns = [
    path("desk/documents/", desk.document_list, name="document-list"),
    path("desk/documents/new/", desk.document_new, name="document-new"),
    path("desk/documents/review/", desk.review_list, name="document-review-list"),
    path("desk/documents/<int:pk>/expiry/", desk.expiry, name="document-expiry"),
    path("desk/documents/<int:pk>/review/", desk.review, name="document-review"),
    path("desk/documents/<int:pk>/", desk.document, name="document"),
    path("desk/documents/<int:pk>/file/", desk.document_file, name="document-file"),
    path("desk/documents/<int:pk>/edit/", desk.document_edit, name="document-edit"),
    path("desk/documents/<int:pk>/text/", desk.document_text, name="document-text"),
    path("desk/documents/<int:pk>/points/new/", desk.point_new, name="point-new"),
    path("desk/documents/<int:pk>/points/<int:point_pk>/", desk.point_edit, name="point-edit"),
    path("desk/documents/<int:pk>/points/<int:point_pk>/remove/", desk.point_remove, name="point-remove"),
    path("desk/documents/<int:pk>/relations/new/", desk.relation_new, name="relation-new"),
    path("desk/documents/<int:pk>/relations/<int:relation_pk>/remove/", desk.relation_remove, name="relation-remove"),
]
