"""S3, DynamoDB and SQS, emulated by moto, holding what template.yaml declares; and what AWS does between queue and worker."""

import os
import subprocess
import sys
import threading
import uuid
from urllib.parse import urlsplit

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config
from samcli.yamlhelper import yaml_parse

from engine import ROOT, STATE, Failed

TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
CREDENTIALS = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}


class Cloud:
    """A moto server; containers reach it at `host`."""

    def __init__(self, host):
        self.host = host

    def __enter__(self):
        STATE.mkdir(parents=True, exist_ok=True)
        with open(STATE / "moto.log", "w") as log:
            server = [sys.executable, ROOT / "tests" / "aws" / "emulator.py", "0.0.0.0", "0"]
            # A pointer to another cloud, or a real account's keys, are not for it.
            environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
            self.process = subprocess.Popen(
                server, stdout=subprocess.PIPE, stderr=log, env=environment, start_new_session=True, text=True
            )
        port = self.process.stdout.readline().strip()
        if not port:
            self.__exit__()
            raise Failed(f"moto does not start: {(STATE / 'moto.log').read_text()[-2000:]}")
        # For containers, and for this process, which may not know their name for this machine.
        self.url, self.own = f"http://{self.host}:{port}", f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.own,
            region_name=CREDENTIALS["AWS_REGION"],
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"max_attempts": 5}, s3={"addressing_style": "path"}),
        )

    def stack(self, with_queue):
        return Stack(self, with_queue)


class Stack:
    """A table, a bucket, and, if a worker runs the jobs, queues, each as the template declares it."""

    def __init__(self, cloud, with_queue):
        self.cloud, name = cloud, f"strand-{uuid.uuid4().hex[:8]}"
        self.table, self.bucket, self.queue, self.dead_letters = name, name, None, None
        table = TEMPLATE["Table"]["Properties"]
        dynamo, s3, sqs = cloud.client("dynamodb"), cloud.client("s3"), cloud.client("sqs")
        dynamo.create_table(
            TableName=name, **{key: table[key] for key in ("AttributeDefinitions", "KeySchema", "BillingMode")}
        )
        dynamo.update_time_to_live(TableName=name, TimeToLiveSpecification=table["TimeToLiveSpecification"])
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(
            Bucket=name, VersioningConfiguration=TEMPLATE["Bucket"]["Properties"]["VersioningConfiguration"]
        )
        if with_queue:
            self.dead_letters = self.reachable(sqs.create_queue(QueueName=f"{name}-dead"))
            dead = sqs.get_queue_attributes(QueueUrl=self.dead_letters, AttributeNames=["QueueArn"])
            declared = TEMPLATE["Queue"]["Properties"]
            redrive = (
                '{"deadLetterTargetArn": "%s", "maxReceiveCount": %d}'
                % (dead["Attributes"]["QueueArn"], declared["RedrivePolicy"]["maxReceiveCount"])
            )
            attributes = {"VisibilityTimeout": str(declared["VisibilityTimeout"]), "RedrivePolicy": redrive}
            self.queue = self.reachable(sqs.create_queue(QueueName=name, Attributes=attributes))

    def reachable(self, created):
        """The address of a queue for containers; the emulator gives it out by the address at which it was asked."""
        return self.cloud.url + urlsplit(created["QueueUrl"]).path

    def environment(self):
        """The environment of a process of Strand that uses it."""
        known = {"STRAND_STORE": "aws", "STRAND_TABLE": self.table, "STRAND_BUCKET": self.bucket}
        if self.queue:
            known["STRAND_QUEUE_URL"] = self.queue
        return known | CREDENTIALS | {"AWS_ENDPOINT_URL": self.cloud.url}

    def objects(self, prefix):
        """The current keys under a prefix."""
        pages = self.cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return sorted(item["Key"] for page in pages for item in page.get("Contents", []))

    def rows(self, partition):
        """All rows of a partition of the table."""
        pages = self.cloud.client("dynamodb").get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
        )
        read = TypeDeserializer().deserialize
        return [{name: read(value) for name, value in row.items()} for page in pages for row in page["Items"]]

    def messages(self, queue):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


class Mapping(threading.Thread):
    """An event source mapping: sends each message to the worker and deletes it if the worker succeeds.

    A failed message returns immediately instead of after the visibility timeout, so that tests need not wait.
    """

    def __init__(self, stack, invoke):
        super().__init__(daemon=True)
        self.stack, self.invoke, self.ended = stack, invoke, threading.Event()

    def run(self):
        sqs, queue = self.stack.cloud.client("sqs"), self.stack.queue
        while not self.ended.is_set():
            try:
                # The emulator answers one request at a time; a long poll would block all others.
                got = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=0, AttributeNames=["All"])
            except Exception as error:
                if not self.ended.wait(0.5):
                    print(f"the queue cannot be read: {error}", file=sys.stderr)
                continue
            if not got.get("Messages"):
                self.ended.wait(0.2)
            for message in got.get("Messages", []):
                event = {"Records": [record(message)]}
                failed = {item["itemIdentifier"] for item in self.invoke(event).get("batchItemFailures", [])}
                if message["MessageId"] in failed:
                    sqs.change_message_visibility(
                        QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                    )
                else:
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join(120)


def record(message):
    """A message as Lambda passes it to a function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:strand",
        "awsRegion": CREDENTIALS["AWS_REGION"],
    }
