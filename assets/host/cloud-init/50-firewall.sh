#!/bin/bash
# The host's own firewall, a second line behind the security group.
. "$(dirname "$0")/common.sh"

install_packages nftables
write_firewall_settings "$(tunnel_port)"
put /etc/l2-observatory/containers.nft 0644 <<END
$([ "$CONTAINERS_REACH_METADATA" = yes ] || echo "ip daddr 169.254.169.254 drop")
END
[ -e /etc/l2-observatory/peers.nft ] || touch /etc/l2-observatory/peers.nft
systemctl enable --quiet l2-observatory-firewall.service
systemctl restart l2-observatory-firewall.service
log "rules are loaded"
