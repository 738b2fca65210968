import { App } from "cdktf";
import { loadEnvironments } from "./environments/load";
import { buildOptions, buildStacks } from "./stacks/build";
import { explain } from "./stacks/explain";

try {
  const environments = loadEnvironments();
  const options = buildOptions(process.env, Object.keys(environments));
  const app = new App();
  buildStacks(app, environments, options);
  app.synth();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
