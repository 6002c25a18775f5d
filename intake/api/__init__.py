"""The native API ``/api/v1``: one module a topic, each with its routes and its part of OpenAPI."""
