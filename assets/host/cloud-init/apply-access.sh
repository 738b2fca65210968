#!/bin/bash
# Brings the peers, the tunnel's port and the deploy keys of the environment to WireGuard, the firewall and SSH, and
# publishes the host's own public keys. Started by a timer; a failure leaves what is there.
. "$(dirname "$0")/common.sh"

parameters=$(ssm get-parameters-by-path --path "$PARAMETERS/host" --recursive \
  --query 'Parameters[].[Name,Value]' --output text | sort)

port=
published=
peers=
nft=$'# Written by apply-access.sh\n'
keys=
while IFS=$'\t' read -r name value; do
  case ${name#"$PARAMETERS/host/"} in
    tunnel-port)
      [[ $value =~ ^[0-9]{1,5}$ ]] || fail "$name does not hold a port: nothing is changed"
      port=$value
      ;;
    peers/*)
      read -r key address ports <<<"$value"
      if ! [[ $key =~ ^[A-Za-z0-9+/]{43}=$ && $address =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}$ &&
        $ports =~ ^(all|none|[0-9]{1,5}(,[0-9]{1,5})*)$ ]]; then
        fail "$name does not hold a peer: nothing is changed"
      fi
      # Another tunnel network waits for the next instance; its peers would lock out those of this one.
      [[ "$(ip -4 route get "$address" 2>/dev/null)" == *" dev wg0 "* ]] ||
        fail "$name is outside the tunnel of this instance: nothing is changed before it is replaced"
      peers+=$'[Peer]\n'"PublicKey = $key"$'\n'"AllowedIPs = $address/32"$'\n'
      case $ports in
        all) nft+="ip saddr $address accept"$'\n' ;;
        none) ;;
        *) nft+="ip saddr $address tcp dport { $ports } accept"$'\n' ;;
      esac
      ;;
    deploy-keys/*)
      [[ $value =~ ^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521))\ [A-Za-z0-9+/]+=*$ ]] ||
        fail "$name does not hold an SSH key: nothing is changed"
      keys+="restrict $value ${name##*/}"$'\n'
      ;;
    wireguard-public-key | ssh-host-key) published+="${name##*/} $value"$'\n' ;;
  esac
done <<<"$parameters"
# Always there; without it the answer is not to be trusted, and everybody would be locked out.
[ -n "$port" ] || fail "$PARAMETERS/host/tunnel-port is missing: nothing is changed"

conf="ListenPort = $port"$'\n'$peers
# Always, so that what was changed by hand is put right. syncconf takes a missing key for an empty one; the key is
# handed over in a pipe.
wg syncconf wg0 <(printf '[Interface]\nPrivateKey = %s\n%s' "$(cat "$DATA_MOUNT/wireguard/server.key")" "$conf")
put "$wireguard_conf" 0600 < <(printf '[Interface]\n%s' "$conf")
put "$authorized_keys" 0644 < <(printf '%s' "$keys")
put /etc/l2-observatory/peers.nft 0644 < <(printf '%s' "$nft")
peers_changed=$changed
write_firewall_settings "$port"
if [ "$changed" = yes ] || [ "$peers_changed" = yes ]; then
  systemctl restart l2-observatory-firewall.service
fi

# publish_key <name> <value>: unless it is there already.
publish_key() {
  grep --quiet --line-regexp --fixed-strings "$1 $2" <<<"$published" && return 0
  publish "$1" "$2"
  log "published $1"
}
publish_key wireguard-public-key "$(wg pubkey <"$DATA_MOUNT/wireguard/server.key")"
ssh_key=$DATA_MOUNT/ssh/ssh_host_ed25519_key.pub
[ ! -e "$ssh_key" ] || publish_key ssh-host-key "$(cut --delimiter=' ' --fields=1,2 <"$ssh_key")"
