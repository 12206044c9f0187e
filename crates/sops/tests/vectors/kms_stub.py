"""Answers as AWS KMS and STS, Google Cloud KMS and Vault do, with ciphertexts that are the plaintext turned round, and
records what `sops` asks. `kms_stub.py PORT RECORD`."""
import base64, json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

RECORD = open(sys.argv[2], "a")
STS = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""


def turn(text):
    return base64.b64encode(base64.b64decode(text)[::-1]).decode()


class Stub(BaseHTTPRequestHandler):
    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        headers = {k.lower(): v for k, v in self.headers.items()}
        keep = ["content-type", "x-amz-target", "x-vault-token", "x-vault-request", "x-amz-security-token"]
        asked = {"method": self.command, "path": self.path, "headers": {k: headers[k] for k in keep if k in headers}}
        asked["signed"] = headers.get("authorization", "").split("Credential=")[-1].split(",")[0]
        asked["body"] = body
        RECORD.write(json.dumps(asked) + "\n")
        RECORD.flush()
        target, kind = headers.get("x-amz-target", ""), "application/json"
        if target == "TrentService.Encrypt":
            q = json.loads(body)
            answer = {"CiphertextBlob": turn(q["Plaintext"]), "KeyId": q["KeyId"]}
        elif target == "TrentService.Decrypt":
            q = json.loads(body)
            answer = {"Plaintext": turn(q["CiphertextBlob"]), "KeyId": q["KeyId"]}
        elif "AssumeRole" in body:
            answer, kind = STS, "text/xml"
        elif self.path.split("?")[0].endswith(":encrypt"):
            answer = {"ciphertext": turn(json.loads(body)["plaintext"])}
        elif self.path.split("?")[0].endswith(":decrypt"):
            answer = {"plaintext": turn(json.loads(body)["ciphertext"])}
        elif "/encrypt/" in self.path:
            answer = {"data": {"ciphertext": "vault:v1:" + turn(json.loads(body)["plaintext"])}}
        elif "/decrypt/" in self.path:
            answer = {"data": {"plaintext": turn(json.loads(body)["ciphertext"].removeprefix("vault:v1:"))}}
        else:
            answer = {}
        data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = handle_one

    def log_message(self, *args):
        pass


HTTPServer(("127.0.0.1", int(sys.argv[1])), Stub).serve_forever()
