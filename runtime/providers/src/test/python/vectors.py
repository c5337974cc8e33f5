"""Writes what botocore signs and reads, for SigV4Test and EventStreamTest: pip install botocore==1.44.8, then
python vectors.py ../resources/dev/sluice/providers/internal/aws
"""

import base64
import binascii
import datetime
import json
import pathlib
import random
import struct
import sys
from urllib.parse import quote

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.eventstream import EventStreamBuffer

MODELS = [
    "anthropic.claude-3-5-sonnet-20241022-v2:0",
    "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123",
    "openai.gpt-oss-120b-1:0",
    "m~o_d.e-l",
]


def signature(rnd):
    at = datetime.datetime(
        2015 + rnd.randrange(15), 1 + rnd.randrange(12), 1 + rnd.randrange(28),
        rnd.randrange(24), rnd.randrange(60), rnd.randrange(60), tzinfo=datetime.timezone.utc)
    region = rnd.choice(["us-east-1", "eu-central-1", "ap-northeast-2"])
    access = "AKIA" + "".join(rnd.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))
    secret = base64.b64encode(rnd.randbytes(30)).decode()
    token = base64.b64encode(rnd.randbytes(60)).decode() if rnd.random() < 0.5 else None
    model = quote(rnd.choice(MODELS), safe="~_.-")
    path = rnd.choice([
        f"/model/{model}/invoke", f"/model/{model}/invoke-with-response-stream", "/openai/v1/chat/completions",
        "/a/../b/./c//d/", "/x?z=1&a=%20b&a=&flag", "/%E1%88%B4?q=%2F&Q=1&q=0"])
    body = rnd.randbytes(rnd.randrange(200))
    host = f"bedrock-runtime.{region}.amazonaws.com"
    headers = {"content-type": "application/json"}
    if rnd.random() < 0.7:
        headers["x-amzn-trace"] = "  two  spaces  and more "
    request = AWSRequest(method="POST", url="https://" + host + path, data=body, headers=dict(headers))
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: at.replace(tzinfo=None) if remove_tzinfo else at
    botocore.auth.SigV4Auth(Credentials(access, secret, token), "bedrock", region).add_auth(request)
    return {
        "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "region": region, "accessKeyId": access, "secretAccessKey": secret,
        "sessionToken": token, "path": path, "host": host, "headers": headers,
        "body": base64.b64encode(body).decode(), "authorization": request.headers["Authorization"]}


def header(rnd, name):
    kind = rnd.randrange(10)
    value = {
        0: b"", 1: b"", 2: rnd.randbytes(1), 3: rnd.randbytes(2), 4: rnd.randbytes(4), 5: rnd.randbytes(8),
        6: rnd.randbytes(rnd.randrange(30)), 7: "täxt ✓ ".encode() * rnd.randrange(5), 8: rnd.randbytes(8),
        9: rnd.randbytes(16)}[kind]
    length = struct.pack("!H", len(value)) if kind in (6, 7) else b""
    return bytes([len(name)]) + name.encode() + bytes([kind]) + length + value


def message(rnd):
    headers = b"".join(header(rnd, f"h{i}") for i in range(rnd.randrange(6)))
    payload = rnd.randbytes(rnd.randrange(300))
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    head = prelude + struct.pack("!I", binascii.crc32(prelude)) + headers + payload
    return head + struct.pack("!I", binascii.crc32(head))


def stream(rnd):
    encoded = b"".join(message(rnd) for _ in range(5))
    buffer = EventStreamBuffer()
    buffer.add_data(encoded)
    read = [
        {"headers": {k: v for k, v in m.headers.items() if isinstance(v, str)},
         "payload": base64.b64encode(m.payload).decode()}
        for m in buffer]
    assert len(read) == 5
    return {"encoded": base64.b64encode(encoded).decode(), "messages": read}


def main():
    folder = pathlib.Path(sys.argv[1])
    rnd = random.Random(20261129)
    signatures = [signature(rnd) for _ in range(40)]
    streams = [stream(rnd) for _ in range(6)]
    for name, values in (("sigv4", signatures), ("eventstream", streams)):
        (folder / f"{name}.json").write_text("[\n" + ",\n".join(json.dumps(v) for v in values) + "\n]\n")


main()
