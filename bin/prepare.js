// Builds dist/ after an install. Where the devDependencies are absent (`npm ci --omit=dev`) there is
// no compiler: that is no failure of the install, so it says in one line what to do and goes on.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

if (existsSync(new URL("../node_modules/rolldown", import.meta.url))) {
  const { status } = spawnSync("npm run --silent build", {
    cwd: root,
    stdio: "inherit",
    shell: true,
  });
  process.exitCode = status ?? 1;
} else if (!existsSync(new URL("../dist/main.js", import.meta.url))) {
  console.error(
    "tcpx: not built, since the compiler is a devDependency: run `npm install` without --omit=dev",
  );
}
