#!/bin/bash
# Brings the peers of the environment to WireGuard and the firewall. Started by a timer; a failure leaves what is there.
. "$(dirname "$0")/common.sh"

lines=$(aws ssm get-parameters-by-path --region "$REGION" --path "$PEERS_PATH" \
  --query 'Parameters[].[Name,Value]' --output text | sort)

conf=$'# Written by apply-peers.sh\n'
nft=$'# Written by apply-peers.sh\n'
while IFS=$'\t ' read -r name key address ports; do
  [ -n "$name" ] || continue
  [[ $key =~ ^[A-Za-z0-9+/]{43}=$ ]] && [[ $address =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}$ ]] &&
    [[ $ports =~ ^(all|[0-9]{1,5}(,[0-9]{1,5})*)$ ]] ||
    fail "$name does not hold a peer: nothing is changed"
  conf+=$'[Peer]\n'"PublicKey = $key"$'\n'"AllowedIPs = $address/32"$'\n'
  if [ "$ports" = all ]; then
    nft+="ip saddr $address accept"$'\n'
  else
    nft+="ip saddr $address tcp dport { $ports } accept"$'\n'
  fi
done <<<"$lines"

# Always, so that what was changed by hand is put right. syncconf takes a missing key for an empty one; the key is
# handed over in a pipe.
wg syncconf wg0 <(
  printf '[Interface]\nPrivateKey = %s\nListenPort = %s\n' "$(cat "$DATA_MOUNT/wireguard/server.key")" "$TUNNEL_PORT"
  printf '%s' "$conf"
)
put /etc/l2-observatory/peers.conf 0600 < <(printf '%s' "$conf")
put /etc/l2-observatory/peers.nft 0644 < <(printf '%s' "$nft")
[ "$changed" = no ] || systemctl restart l2-observatory-firewall.service
