#!/bin/sh
# Makes the manifests anew, with the keys that are there: what a repository for the kustomize-controller holds. Needs
# sops and gpg in PATH. See README.md.
set -eu
cd "$(dirname "$0")"
rm -rf manifests; mkdir manifests
PLAIN=$(mktemp -d); GNUPGHOME=$(mktemp -d /tmp/g.XXXX); export GNUPGHOME
chmod 700 "$GNUPGHOME"
ONE=$(sed -n 's/^# public key: //p' keys/one.agekey)
gpg --batch --quiet --import keys/curve.asc 2>/dev/null
FPR=$(gpg --with-colons --list-keys curve | awk -F: '/^fpr/{print $10; exit}')
s() { name=$1; shift; sops --disable-version-check encrypt "$@" "$PLAIN/$name" > "manifests/$name"; }

secret() { printf 'apiVersion: v1\nkind: Secret\nmetadata:\n    name: %s\nstringData:\n    password: %s\n' "$1" "$2"; }
DATA='^(data|stringData)$'
secret login correct-horse > "$PLAIN/secret.yaml"
s secret.yaml --age "$ONE" --encrypted-regex "$DATA"
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n    name: settings\ndata:\n    token: battery-staple\n    plain: "no"\n' > "$PLAIN/config-map.yaml"
s config-map.yaml --age "$ONE" --encrypted-regex '^token$'
{ secret one first-one; echo ---; secret two second-two; } > "$PLAIN/multi.yaml"
s multi.yaml --age "$ONE" --encrypted-regex "$DATA"
for n in one two; do
  secret "$n" "$n-by-itself" > "$PLAIN/apart.yaml"
  s apart.yaml --age "$ONE" --encrypted-regex "$DATA"
  mv manifests/apart.yaml "$PLAIN/apart-$n.yaml"
done
{ cat "$PLAIN/apart-one.yaml"; echo ---; cat "$PLAIN/apart-two.yaml"; } > manifests/apart.yaml
printf 'apiVersion: v1\nkind: Secret\nmetadata:\n    name: commented\nstringData:\n    # sops:enc\n    password: behind-a-comment\n    user: admin\n' > "$PLAIN/comment.yaml"
printf 'creation_rules:\n  - {path_regex: .*, age: %s, encrypted_comment_regex: "sops:enc"}\n' "$ONE" > "$PLAIN/.sops.yaml"
sops --disable-version-check --config "$PLAIN/.sops.yaml" encrypt "$PLAIN/comment.yaml" > manifests/comment.yaml
secret login patched-in | sed 's/password/pin/' > "$PLAIN/patch.yaml"
s patch.yaml --age "$ONE" --encrypted-regex "$DATA"
printf 'USER=admin\nPASSWORD=from-dotenv\n' > "$PLAIN/app.env"
s app.env --age "$ONE" --input-type dotenv --output-type dotenv
printf '{"password": "from-json", "n": 3}' > "$PLAIN/app.json"
s app.json --age "$ONE"
printf '[db]\npassword = from-ini\n' > "$PLAIN/app.ini"
s app.ini --age "$ONE"
printf 'any \001 bytes' > "$PLAIN/app.bin"
s app.bin --age "$ONE" --input-type binary --output-type json
secret by-pgp opened-by-pgp > "$PLAIN/pgp.yaml"
s pgp.yaml --pgp "$FPR" --encrypted-regex "$DATA"
PORT=18299
python3 kms_stub.py $PORT /dev/null & STUB=$!
sleep 1
secret by-vault opened-by-vault > "$PLAIN/vault.yaml"
VAULT_TOKEN=s.token s vault.yaml --hc-vault-transit http://127.0.0.1:$PORT/v1/some/transit/keys/my-key --encrypted-regex "$DATA"
kill $STUB
gpgconf --kill all
rm -rf "$PLAIN" "$GNUPGHOME"
