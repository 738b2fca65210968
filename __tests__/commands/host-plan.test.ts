import { beyondReplacement, instanceAddress, losses } from "../../commands/host-plan";

const instance = "aws_instance.instance_machine_1";

function plan(...changes: readonly (readonly [string, string, readonly string[]])[]): string {
  return JSON.stringify({
    resource_changes: changes.map(([address, type, actions]) => ({
      address,
      type,
      change: { actions },
    })),
  });
}

test("the address of the instance comes from the synthesised stack", () => {
  const json = JSON.stringify({ resource: { aws_instance: { instance_machine_1: {} } } });
  expect(instanceAddress(json)).toBe(instance);
});

test.each([
  [{}, "none"],
  [{ aws_instance: { a: {}, b: {} } }, "2"],
])("fails when the stack has another number of instances: %j", (resource, got) => {
  expect(() => instanceAddress(JSON.stringify({ resource }))).toThrow(
    `the stack must have one aws_instance, got ${got}`,
  );
});

test("a plan may change the instance and the attachment of its disk, and nothing else", () => {
  const replaced = ["delete", "create"];
  const fine = [
    [instance, "aws_instance", replaced],
    ["aws_volume_attachment.a", "aws_volume_attachment", replaced],
    ["aws_eip.a", "aws_eip", ["no-op"]],
    ["data.aws_ssm_parameter.image", "aws_ssm_parameter", ["read"]],
  ] as const;
  expect(beyondReplacement(plan(...fine), instance)).toEqual([]);
  expect(
    beyondReplacement(
      plan(
        ...fine,
        ["aws_ebs_volume.v", "aws_ebs_volume", replaced],
        ["aws_eip.a", "aws_eip", ["update"]],
      ),
      instance,
    ),
  ).toEqual(["aws_ebs_volume.v: delete, create", "aws_eip.a: update"]);
});

test("a plan without changes is fine", () => {
  expect(beyondReplacement("{}", instance)).toEqual([]);
});

test("a plan that ends the instance, its disk or its address is known by what it deletes", () => {
  const replaced = ["delete", "create"];
  expect(
    losses(
      plan(
        [instance, "aws_instance", replaced],
        ["aws_ebs_volume.data", "aws_ebs_volume", ["delete"]],
        ["aws_eip.address", "aws_eip", ["update"]],
        ["aws_ssm_parameter.peer", "aws_ssm_parameter", ["delete"]],
      ),
    ),
  ).toEqual([instance, "aws_ebs_volume.data"]);
  expect(losses(plan([instance, "aws_instance", ["update"]]))).toEqual([]);
});
