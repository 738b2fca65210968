#!/bin/bash
# The host's own firewall, a second line behind the security group.
. "$(dirname "$0")/common.sh"

install_packages nftables
put /etc/l2-observatory/firewall-settings.nft 0644 <<END
define wireguard_port = $TUNNEL_PORT
define tunnel_address = $TUNNEL_ADDRESS
END
[ -e /etc/l2-observatory/peers.nft ] || touch /etc/l2-observatory/peers.nft
systemctl enable --quiet l2-observatory-firewall.service
systemctl restart l2-observatory-firewall.service
log "rules are loaded"
