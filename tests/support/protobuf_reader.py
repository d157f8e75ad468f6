"""A receiver of the link for the tests: reads its messages by protobuf's own Python implementation and the published schema.

Arguments: DESCRIPTORS, the compiled schema (a FileDescriptorSet), and the FILES to read: a Batch or a Receipt where the name
begins so, else an Envelope. Prints one JSON object: what each file says, by the name of the file. Fails on a message whose
identity does not follow from its content, and on one that this implementation writes otherwise. Needs protobuf 7.36.2.
"""

import json
import sys
from pathlib import Path
from uuid import UUID, uuid5

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "scarp.v0"
FORMAT_VERSION = 2
# Fields of version 1 that nobody reads: what the aircraft's wall clock told.
NOT_READ = ("sent_unix_us", "start_unix_us")
UNITS_PER_DEGREE = 1e8


def schema(descriptors):
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptors).file:
        pool.Add(file)
    names = pool.FindFileByName("scarp.proto").message_types_by_name
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in names}


def parse(message_class, data):
    message = message_class.FromString(data)
    if message.SerializeToString() != data:
        raise SystemExit(f"{message_class.DESCRIPTOR.full_name} of {len(data)} bytes: this implementation writes others")
    return message


def text(identity):
    return str(UUID(bytes=identity))


def coordinates(rings):
    """The closed rings, as in GeoJSON."""
    polygon = []
    for ring in rings:
        longitude = latitude = 0
        vertices = []
        for east, north in zip(ring.steps[::2], ring.steps[1::2], strict=True):
            longitude += east
            latitude += north
            vertices.append([longitude / UNITS_PER_DEGREE, latitude / UNITS_PER_DEGREE])
        polygon.append([*vertices, vertices[0]])
    return polygon


def plain(message):
    """The fields of a survey, a frame or a landslide, zero and empty ones too; absent optional ones are left out."""
    fields = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.name in NOT_READ or (field.has_presence and not message.HasField(field.name)):
            continue
        if field.type == field.TYPE_MESSAGE:
            value = coordinates(value)
        elif field.type == field.TYPE_BYTES:
            value = text(value)
        fields[field.name] = value
    return fields


def subject(kind, run, body):
    if kind == "landslide":
        return f"landslide/{body['id']}/{body['version']}"
    of_run = kind if run is None else f"{kind}/{run}"
    return f"{of_run}/{body['sequence']}" if kind == "frame" else of_run


def envelope(types, data):
    head = types["EnvelopeHead"].FromString(data)
    if head.version > FORMAT_VERSION:
        return {"version": head.version, "id": text(head.id)}
    message = parse(types["Envelope"], data)
    kind = message.WhichOneof("body")
    body = plain(getattr(message, kind))
    run = None if message.version == 1 else text(message.run_id)
    identity = uuid5(UUID(bytes=message.survey_id), subject(kind, run, body))
    if identity.bytes != message.id:
        raise SystemExit(f"identity {text(message.id)}, but that of its content is {identity}")
    return {
        "version": message.version,
        "survey_id": text(message.survey_id),
        "run_id": run or text(message.survey_id),
        "id": str(identity),
        kind: body,
    }


def read(types, path):
    data = path.read_bytes()
    if path.name.startswith("batch"):
        return [envelope(types, message) for message in parse(types["Batch"], data).messages]
    if path.name.startswith("receipt"):
        receipt = parse(types["Receipt"], data)
        return {
            "stored": [text(identity) for identity in receipt.stored],
            "refused": [{"id": text(refusal.id), "reason": refusal.reason} for refusal in receipt.refused],
        }
    return envelope(types, data)


def main():
    descriptors, *files = map(Path, sys.argv[1:])
    types = schema(descriptors.read_bytes())
    print(json.dumps({path.name: read(types, path) for path in files}))


main()
