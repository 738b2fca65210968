import { App, LocalBackend, TerraformStack } from "cdktf";

const app = new App();
for (const name of ["one", "two"]) {
  new LocalBackend(new TerraformStack(app, name), { path: `${name}.tfstate` });
}
app.synth();
