import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { awsFailure, cloudOf } from "../../commands/aws";
import { explain } from "../../stacks/explain";

function failure(name: string, message = "", more: object = {}): string {
  const error = Object.assign(new Error(message), { name, ...more });
  return awsFailure(error, "read the parameter /p", "eu-central-1", "ssm:GetParameter").message;
}

test.each([
  ["CredentialsProviderError", "", /no AWS credentials were found; log in \('aws sso login'\)/],
  ["ExpiredTokenException", "", /the AWS session is over; log in again/],
  ["UnrecognizedClientException", "", /AWS does not know these credentials .* this region enabled/],
  [
    "AccessDeniedException",
    "User: x is not authorized to perform: ssm:GetParameter on resource: y",
    /access denied: these credentials may not ssm:GetParameter;/,
  ],
  ["UnauthorizedOperation", "You are not authorized", /may not ssm:GetParameter;/],
  ["PermanentRedirect", "", /it is in another region; correct the region/],
  ["TimeoutError", "", /AWS cannot be reached \(TimeoutError\)/],
  ["SomethingNew", "of tomorrow", /SomethingNew: of tomorrow$/],
])("%s is told to a person", (name, message, expected) => {
  expect(failure(name, message)).toMatch(/^cannot read the parameter \/p in eu-central-1: /);
  expect(failure(name, message)).toMatch(expected);
});

test("a name that is not found is a network that is not there", () => {
  expect(failure("Error", "getaddrinfo", { code: "ENOTFOUND" })).toContain(
    "AWS cannot be reached (ENOTFOUND); check the network and the region's name",
  );
});

test("a failure is told without a stack", () => {
  const error = awsFailure(new Error("x"), "do it", "eu-central-1", "a:B");
  expect(explain(error)).toBe("cannot do it in eu-central-1: Error: x");
});

describe("against a server", () => {
  let server: Server;
  let answer: { status: number; body: object };
  let asked: string[];
  const saved = { ...process.env };

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      asked.push(String(request.headers["x-amz-target"]));
      response.writeHead(answer.status, { "Content-Type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify(answer.body));
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

  test("names and versions of parameters come without a value", async () => {
    answer = {
      status: 200,
      body: {
        Parameters: [{ Name: "/r/secrets/a/b", Version: 3, Type: "SecureString", Value: "sealed" }],
      },
    };
    const found = await cloudOf("eu-central-1").parametersBelow("/r/secrets");
    expect([...found]).toEqual([["a/b", { version: 3, encrypted: true }]]);
    expect(asked).toEqual(["AmazonSSM.GetParametersByPath"]);
  });

  test("a parameter that is not there is nothing", async () => {
    answer = { status: 400, body: { __type: "ParameterNotFound" } };
    expect(await cloudOf("eu-central-1").parameter("/r/p")).toBeUndefined();
  });

  test("a secret that AWS quotes when it refuses it is not shown", async () => {
    const value = "not-a-real-token {{x}}";
    answer = {
      status: 400,
      body: { __type: "ValidationException", message: `Value '${value}' at 'value' is wrong` },
    };
    const failed = cloudOf("eu-central-1").putSecret("/r/secrets/a/b", value);
    await expect(failed).rejects.toThrow(
      "cannot store the secret /r/secrets/a/b in eu-central-1: ValidationException: Value '<the value>' at 'value' is wrong",
    );
  });
});
