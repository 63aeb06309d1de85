"""An S3 store to test against. It says where it is and who may use it, does what the lines of its
standard input say, and ends with it."""

import json
import os
import sys
import threading
from urllib.parse import quote

# Making the bucket, the user, its policy and its key; after that each request must be signed.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"

import boto3
from moto.iam.access_control import IAMRequestBase
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET = "texts"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}
failing = False
requests = 0


def signed_path(request, sign=IAMRequestBase._create_aws_request):
    """Moto checks the signature of the query as it is when it was decoded; it is signed as it was sent."""
    path, mark, query = request._path.partition("?")
    pairs = (pair.partition("=") for pair in query.split("&"))
    pairs = (name + equals + quote(value, safe="-_.~") for name, equals, value in pairs)
    request._path = path + mark + "&".join(pairs)
    return sign(request)


IAMRequestBase._create_aws_request = signed_path


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_):
        pass


def app(environ, start_response, inner=DomainDispatcherApplication(create_backend_app)):
    global requests
    requests += 1
    if failing:
        body = b"<Error><Code>SlowDown</Code></Error>"
        length = [("Content-Length", str(len(body)))]
        start_response("503 Slow Down", length)
        return [body]
    return inner(environ, start_response)


server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_address[1]}"


def client(service, key="none", secret="none"):
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )


client("s3").create_bucket(Bucket=BUCKET)
iam = client("iam")
iam.create_user(UserName="cubit")
iam.put_user_policy(UserName="cubit", PolicyName="all", PolicyDocument=json.dumps(POLICY))
key = iam.create_access_key(UserName="cubit")["AccessKey"]
s3 = client("s3", key["AccessKeyId"], key["SecretAccessKey"])


def say(what):
    print(json.dumps(what), flush=True)


say({"url": url, "key": key["AccessKeyId"], "secret": key["SecretAccessKey"]})
for line in sys.stdin:
    command, value = next(iter(json.loads(line).items()))
    if command == "fail":
        failing = value
        say("ok")
    elif command == "delete":
        s3.delete_object(Bucket=BUCKET, Key=value)
        say("ok")
    elif command == "list":
        found = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        say([entry["Key"] for entry in found])
    elif command == "requests":
        say(requests)
