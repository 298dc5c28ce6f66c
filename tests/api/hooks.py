"""What schemathesis cannot know of Strand: how a library file is sent, what is in those that are answered, and that a key
is for one request."""

import schemathesis


@schemathesis.hook
def before_load_schema(_context, schema):
    # A key that is sent with another request is refused, as it should be: tests/acceptance/once.rs.
    for operations in schema["paths"].values():
        for operation in operations.values():
            sent = operation.get("parameters", [])
            operation["parameters"] = [one for one in sent if one.get("name") != "idempotency-key"]


@schemathesis.serializer("application/x-tar")
def library_file(_context, value):
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.deserializer("application/x-tar", "image/*")
def bytes_as_they_are(_context, response):
    # The schema of bytes is that of any string.
    return response.content.decode("latin-1")
