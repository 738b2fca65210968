import "cdktf/lib/testing/adapters/jest";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Testing } from "cdktf";

// What was started in this checkout, the demonstration say, is none of a test's business. Nothing is ever written there.
process.env["L2O_STATE"] = join(tmpdir(), "l2-observatory-no-state");

Testing.setupJest();
