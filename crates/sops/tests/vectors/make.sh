#!/bin/sh
# Makes the vectors anew: throw-away keys, encrypted files, and what `sops -d` prints. Needs sops, age-keygen, gpg,
# ssh-keygen in PATH. See README.md.
set -eu
cd "$(dirname "$0")"
rm -rf keys encrypted decrypted
mkdir -p keys encrypted decrypted
HOME=$(mktemp -d); GNUPGHOME=$(mktemp -d /tmp/g.XXXX); export HOME GNUPGHOME
chmod 700 "$GNUPGHOME"

age-keygen -o keys/one.agekey 2>/dev/null
age-keygen -o keys/two.agekey 2>/dev/null
ssh-keygen -q -t ed25519 -N '' -C test -f keys/ssh-ed25519
ssh-keygen -q -t rsa -b 2048 -N '' -C test -f keys/ssh-rsa
ONE=$(age-keygen -y keys/one.agekey); TWO=$(age-keygen -y keys/two.agekey)
ED=$(cut -d' ' -f1,2 keys/ssh-ed25519.pub); RSA=$(cut -d' ' -f1,2 keys/ssh-rsa.pub)
mv keys/ssh-ed25519 keys/ssh-ed25519.agekey; mv keys/ssh-rsa keys/ssh-rsa.agekey
gen() { gpg --batch --quiet --passphrase '' --quick-gen-key "$1 <$1@example.com>" "$2" default 0 2>/dev/null; }
gen curve future-default
gpg --batch --quiet --passphrase '' --quick-gen-key 'rsa <rsa@example.com>' rsa2048 default 0 2>/dev/null
fpr() { gpg --with-colons --list-keys "$1" | awk -F: '/^fpr/{print $10; exit}'; }
gpg --batch --quick-add-key --passphrase '' "$(fpr rsa)" rsa2048 encrypt 0 2>/dev/null
gpg --batch --quiet --pinentry-mode loopback --passphrase secret --quick-gen-key 'locked <locked@example.com>' future-default default 0 2>/dev/null
gpg --batch --pinentry-mode loopback --passphrase secret --armor --export-secret-keys locked > keys/locked.asc 2>/dev/null
for k in curve rsa; do gpg --batch --armor --export-secret-keys "$k" > "keys/$k.asc" 2>/dev/null; done

e() { # name, format, then options
  name=$1; shift
  file=$1; shift
  sops --disable-version-check encrypt "$@" "plain/$file" > "encrypted/$name"
}
sops_d() { SOPS_AGE_KEY_FILE=keys/one.agekey sops --disable-version-check decrypt "$@"; }

# Every format, by age.
for f in plain/*; do
  f=${f#plain/}
  case $f in all.bin) t=binary;; *.env) t=dotenv;; *.ini) t=ini;; *.json) t=json;; *) t=yaml;; esac
  e "$f" "$f" --age "$ONE" --input-type "$t" --output-type "$([ $t = binary ] && echo json || echo $t)"
  [ $t = binary ] && o=binary || o=$t
  sops_d --input-type "$([ $t = binary ] && echo binary || echo $t)" --output-type "$o" "encrypted/$f" > "decrypted/$f"
done
# One format into another.
for to in json dotenv; do sops_d --input-type yaml --output-type $to encrypted/flat.yaml > decrypted/flat.yaml.$to; done
sops_d --input-type json --output-type yaml encrypted/all.json > decrypted/all.json.yaml
sops_d --input-type yaml --output-type json encrypted/all.yaml > decrypted/all.yaml.json
sops_d --input-type dotenv --output-type yaml encrypted/all.env > decrypted/all.env.yaml
sops_d --input-type ini --output-type json encrypted/all.ini > decrypted/all.ini.json

# Every kind of key. The first is of age-keygen 1.3.1, since older ones cannot make it.
${AGE_KEYGEN:-age-keygen} -pq -o keys/post-quantum.agekey 2>/dev/null
e key-age-pq.yaml flat.yaml --age "$(sed -n 's/^# public key: //p' keys/post-quantum.agekey)"
e key-two.yaml flat.yaml --age "$ONE,$TWO"
e key-ssh-ed25519.yaml flat.yaml --age "$ED"
e key-ssh-rsa.yaml flat.yaml --age "$RSA"
e key-pgp-curve.yaml flat.yaml --pgp "$(fpr curve)"
e key-pgp-rsa.yaml flat.yaml --pgp "$(fpr rsa)"
# Without GnuPG, by the OpenPGP of Go, which needs a ring in the old form.
mkdir "$HOME/ring"; gpg --batch --export curve rsa > "$HOME/ring/pubring.gpg" 2>/dev/null
for k in curve rsa; do
  f=$(fpr $k)
  GNUPGHOME="$HOME/ring" SOPS_GPG_EXEC=/bin/false e key-pgp-go-$k.yaml flat.yaml --pgp "$f"
done
e key-pgp-locked.yaml flat.yaml --pgp "$(fpr locked)"
cat keys/curve.asc keys/rsa.asc > keys/both.asc
gpg --batch --armor --export curve > keys/public.asc 2>/dev/null
e key-pgp-and-age.json all.json --pgp "$(fpr curve)" --age "$ONE"
# Shares.
cat > .sops.yaml <<EOF
creation_rules:
  - path_regex: .*
    shamir_threshold: 2
    key_groups:
      - age: ["$ONE"]
      - age: ["$TWO"]
      - pgp: ["$(fpr curve)"]
EOF
sops --disable-version-check --config .sops.yaml encrypt plain/flat.yaml > encrypted/shares.yaml
sops --disable-version-check --config .sops.yaml encrypt plain/all.env > encrypted/shares.env
rm .sops.yaml
# Every rule.
r() { rule=rule-$1.yaml; shift; e "$rule" rules.yaml --age "$ONE" "$@"; sops_d "encrypted/$rule" > "decrypted/$rule"; }
r unencrypted-suffix --unencrypted-suffix _plain
r encrypted-suffix --encrypted-suffix _secret
r unencrypted-regex --unencrypted-regex '^(metadata|kind)$'
r encrypted-regex --encrypted-regex '^(data|stringData)$'
c() { # comment rules have no options
  rule=rule-$1.yaml
  printf 'creation_rules:\n  - {path_regex: .*, age: %s, %s: "%s"}\n' "$ONE" "$2" "$3" > .sops.yaml
  sops --disable-version-check --config .sops.yaml encrypt plain/rules.yaml > "encrypted/$rule"
  sops_d "encrypted/$rule" > "decrypted/$rule"
}
c encrypted-comment encrypted_comment_regex 'sops:enc'
c unencrypted-comment unencrypted_comment_regex 'sops:plain'
c only-encrypted encrypted_regex '^data$", mac_only_encrypted: true, encrypted_suffix: "'
rm .sops.yaml

# Key services, which a stub stands in for. What sops asks when it decrypts is recorded.
PORT=18299; rm -f asked.jsonl
python3 kms_stub.py $PORT asked.all & STUB=$!
sleep 1
export AWS_ENDPOINT_URL=http://127.0.0.1:$PORT AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=secret
export VAULT_TOKEN=s.token SOPS_GCP_KMS_ENDPOINT=http://127.0.0.1:$PORT SOPS_GCP_KMS_CLIENT_TYPE=rest GOOGLE_OAUTH_ACCESS_TOKEN=ya29.token
ARN=arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555
k() { kms=key-$1.yaml; shift; e "$kms" flat.yaml "$@"; : > asked.all; sops_d "encrypted/$kms" > /dev/null; cat asked.all >> asked.jsonl; }
: > asked.all
k kms --kms "$ARN" --encryption-context 'app:flux,env:<prod>'
k kms-role --kms "$ARN+arn:aws:iam::123456789012:role/sops"
k gcp --gcp-kms projects/p/locations/global/keyRings/r/cryptoKeys/k
k vault --hc-vault-transit http://127.0.0.1:$PORT/v1/some/transit/keys/my-key
kill $STUB; rm -f asked.all
gpgconf --kill all
