"""Creates, uploads, trains, streams, analyzes, and deletes against a live server, with the generated Python client:
walk.py ADDRESS PHOTO PHOTO"""

import io
import json
import sys
import time
from http import HTTPStatus

from strand_api_client import AuthenticatedClient
from strand_api_client.api.analysis import analyze
from strand_api_client.api.colors import add_image, create_color, delete_color, list_images, read_color
from strand_api_client.api.training import train_color
from strand_api_client.api.uploads import create_upload, send_upload
from strand_api_client.models import (
    AnalysisView,
    CreateShade,
    CreateUpload,
    FailedRow,
    FoundRow,
    ImageForm,
    NamedUpload,
    PhotosForm,
    PhotoView,
    Problem,
    ShadeView,
    TrainedView,
    UploadView,
)
from strand_api_client.types import File


def photo(path: str) -> File:
    with open(path, "rb") as file:
        return File(io.BytesIO(file.read()), "photo.jpg", "image/jpeg")


def main(address: str, taught: str, asked: str) -> None:
    # The server has no key, so any will do.
    client = AuthenticatedClient(address, token="none")
    color = create_color.sync(client=client, body=CreateShade(name=f"Walked {time.time_ns()}", hex_="#674a33"))
    assert isinstance(color, ShadeView), color
    image = add_image.sync(color.id, client=client, body=ImageForm(image=photo(taught)))
    assert isinstance(image, PhotoView) and not image.is_processed, image

    size = photo(asked).payload.seek(0, io.SEEK_END)
    upload = create_upload.sync(client=client, body=CreateUpload("b.jpg", size, content_type="application/octet-stream"))
    assert isinstance(upload, UploadView), upload
    sent = send_upload.sync_detailed(upload.key, client=client, body=photo(asked))
    assert sent.status_code == HTTPStatus.NO_CONTENT, sent
    named = add_image.sync(color.id, client=client, body=NamedUpload(upload.key))
    assert isinstance(named, PhotoView), named

    # Generators know no event streams; the client's HTTP client reads one.
    states = []
    with client.get_httpx_client().stream("GET", f"/train/{color.id}/stream", timeout=120) as events:
        states = [json.loads(line[5:]) for line in events.iter_lines() if line.startswith("data:")]
    assert states[-1]["status"] == "complete", states
    trained = train_color.sync(color.id, client=client)
    assert isinstance(trained, TrainedView) and trained.model.num_images == 2, trained

    text = File(io.BytesIO(b"not a photo"), "b.txt", "text/plain")
    answer = analyze.sync(client=client, body=PhotosForm(images=[photo(asked), text]))
    assert isinstance(answer, AnalysisView), answer
    found, failed = answer.results
    assert isinstance(found, FoundRow) and color.id in [match.color_id for match in found.best_matches], found
    assert isinstance(failed, FailedRow) and failed.code == "not_an_image", failed

    images = list_images.sync(color.id, client=client)
    assert isinstance(images, list) and len(images) == 2, images
    gone = delete_color.sync_detailed(color.id, client=client)
    assert gone.status_code == HTTPStatus.NO_CONTENT, gone
    unknown = read_color.sync(color.id, client=client)
    assert isinstance(unknown, Problem) and unknown.code == "not_found", unknown
    print(f"Python: created, taught, trained ({len(states)} states), matched, and deleted a shade.")


if __name__ == "__main__":
    main(*sys.argv[1:])
