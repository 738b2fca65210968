"""moto's server, with what it lacks of EC2 and a host on AWS needs.

Each addition does what AWS documents, and no more; moto 5.2.5 itself takes the parameters and forgets them.
"""

import os
import sys
import threading

from moto.ec2.models.instances import Instance
from moto.ec2.responses.instances import InstanceResponse
from moto.server import main

# RunInstances and ModifyInstanceMaintenanceOptions take it, DescribeInstances tells it; "default" is AWS's own default.
Instance.maintenance_options = {"AutoRecovery": "default"}


def keep_termination_protection(run_instances):
    """RunInstances takes DisableApiTermination, DescribeInstanceAttribute tells it."""

    def wrapped(self):
        answer = run_instances(self)
        protect = self._get_param("DisableApiTermination") in (True, "true")
        for instance in answer.result.instances:
            instance.disable_api_termination = protect
        return answer

    return wrapped


def release_network_interfaces(terminate):
    """An instance that ends gives back the interfaces that are not deleted with it."""

    def wrapped(self):
        state = terminate(self)
        for index, interface in list(self.nics.items()):
            if interface.delete_on_termination:
                continue
            self.detach_eni(interface)
            # moto reads the address of an instance, even of an ended one, from its first interface.
            self.nics[index] = interface
        return state

    return wrapped


InstanceResponse.run_instances = keep_termination_protection(InstanceResponse.run_instances)
Instance.terminate = release_network_interfaces(Instance.terminate)


def end_with_parent():
    """The server's standard input ends with the process that started it, however that ends."""
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
main(sys.argv[1:])
