import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { bootstrap, withTlsOnly } from "../../commands/bootstrap";
import { hostEnvironment } from "./fakes";

test("the statement against plain HTTP joins those that are there, once", () => {
  const own = { Sid: "auditors", Effect: "Allow" };
  const once = withTlsOnly({ Version: "2012-10-17", Statement: [own] }, "b", "eu-central-1");
  expect(once.Statement).toHaveLength(2);
  expect(once.Statement[0]).toBe(own);
  expect(once.Statement[1]).toMatchObject({
    Effect: "Deny",
    Action: "s3:*",
    Resource: ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  });
  expect(withTlsOnly(once, "b", "eu-central-1")).toEqual(once);
});

test.each([
  ["cn-north-1", "arn:aws-cn:s3:::b"],
  ["us-gov-west-1", "arn:aws-us-gov:s3:::b"],
])("in %s the bucket is called %s", (region, arn) => {
  expect(JSON.stringify(withTlsOnly(undefined, "b", region))).toContain(arn);
});

test("fails where the state is kept on this machine", async () => {
  await expect(bootstrap(hostEnvironment(), () => undefined)).rejects.toThrow(
    "'backend.type' must be 's3', whose bucket this command makes, got 'local', which needs none",
  );
});

describe("against a server", () => {
  let server: Server;
  let answers: readonly (readonly [RegExp, number, string])[];
  const saved = { ...process.env };
  const environment = () =>
    hostEnvironment({}, { type: "s3", bucket: "fake-state", region: "eu-central-1" });

  beforeEach(async () => {
    server = createServer((request, response) => {
      const asked = `${request.method ?? ""} ${request.url ?? ""}`;
      const [, status = 500, body = ""] = answers.find(([what]) => what.test(asked)) ?? [];
      response.writeHead(status, { "Content-Type": "application/xml" }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    process.env["AWS_ENDPOINT_URL"] = `http://127.0.0.1:${String(port)}`;
    process.env["AWS_ACCESS_KEY_ID"] = "FAKE";
    process.env["AWS_SECRET_ACCESS_KEY"] = "not-a-real-key";
  });

  afterEach(() => {
    process.env = { ...saved };
    server.close();
    server.closeAllConnections();
  });

  const taken =
    /the bucket 'fake-state' is another account's, or these credentials may not use it .* choose another name/;
  const error = (code: string) => `<Error><Code>${code}</Code><Message>no</Message></Error>`;

  test("fails when the bucket is another account's", async () => {
    answers = [[/^HEAD/, 403, ""]];
    await expect(bootstrap(environment(), () => undefined)).rejects.toThrow(taken);
  });

  test("fails when another account was faster", async () => {
    answers = [
      [/^HEAD/, 404, ""],
      [/^PUT/, 409, error("BucketAlreadyExists")],
    ];
    await expect(bootstrap(environment(), () => undefined)).rejects.toThrow(taken);
  });

  test("names the action that is missing", async () => {
    answers = [
      [/^HEAD/, 404, ""],
      [/^PUT/, 403, error("AccessDenied")],
    ];
    await expect(bootstrap(environment(), () => undefined)).rejects.toThrow(
      "cannot make the bucket fake-state in eu-central-1: access denied: these credentials may not s3:CreateBucket",
    );
  });
});
