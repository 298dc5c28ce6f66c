"""What schemathesis cannot know of Strand: how a library file is sent, and what is in those that are answered."""

import schemathesis


@schemathesis.serializer("application/x-tar")
def library_file(_context, value):
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.deserializer("application/x-tar", "image/*")
def bytes_as_they_are(_context, response):
    # The schema of bytes is that of any string.
    return response.content.decode("latin-1")
