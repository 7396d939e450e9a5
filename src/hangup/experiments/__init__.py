"""Questions that are asked of an endpoint by dialling with one thing changed."""
