#!/bin/bash
# Brings the secrets of the environment to files: readable by a container's user, reached by root and containers only.
# Fetches what is new, removes what is gone; a failure leaves what is there. Never prints a value.
. "$(dirname "$0")/common.sh"

install --directory --mode=0700 "$SECRETS_DIRECTORY"
parameters=$(ssm get-parameters-by-path --path "$PARAMETERS/secrets" --recursive \
  --query 'Parameters[].[Name,Version]' --output text | sort)
[ -e "$secrets_list" ] || put "$secrets_list" 0644 </dev/null

list=
while IFS=$'\t' read -r name version; do
  [ -n "$name" ] || continue
  secret=${name#"$PARAMETERS/secrets/"}
  [[ $secret =~ ^[a-z0-9-]+/[a-z0-9-]+$ ]] || fail "$name is not <service>/<secret>: nothing more is fetched"
  list+="$secret $version"$'\n'
  file=$SECRETS_DIRECTORY/$secret
  if [ -s "$file" ] && grep --quiet --line-regexp --fixed-strings "$secret $version" "$secrets_list"; then
    continue
  fi
  value=$(ssm get-parameter --name "$name" --with-decryption --query Parameter.Value --output text)
  [ -n "$value" ] || fail "$name is empty: the old value stays"
  install --directory --mode=0755 "$(dirname "$file")"
  (umask 077 && printf '%s' "$value" >"$file.new")
  chmod 0444 "$file.new"
  # Renamed into place: a reader sees the old value or the new one, never half of it.
  mv "$file.new" "$file"
  log "fetched $secret, version $version"
done <<<"$parameters"

find "$SECRETS_DIRECTORY" -mindepth 2 -type f -printf '%P\n' | while read -r secret; do
  grep --quiet "^$secret " <<<"$list" && continue
  rm "$SECRETS_DIRECTORY/$secret"
  log "removed $secret, which the environment has no more"
done
put "$secrets_list" 0644 < <(printf '%s' "$list")
