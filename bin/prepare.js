// Builds dist/ after an install. Where the devDependencies are absent (`npm ci --omit=dev`) there is
// no compiler: that is no failure of the install, so it says in one line what to do and goes on.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = new URL("../node_modules/typescript/bin/tsc", import.meta.url);

if (existsSync(compiler)) {
  const words = [fileURLToPath(compiler), "-p", "tsconfig.build.json"];
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: "inherit" });
  process.exitCode = status ?? 1;
} else if (!existsSync(new URL("../dist/index.js", import.meta.url))) {
  console.error(
    "tcpx: not built, since the compiler is a devDependency: run `npm install` without --omit=dev",
  );
}
