// Starts a server of an empty database for a test file, and stops it.
import { spawn, execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("../..", import.meta.url).pathname;

/** Builds frony-db once per process, or takes the one that FRONYDB_BIN names. */
function binary(dir) {
  if (process.env.FRONYDB_BIN) return process.env.FRONYDB_BIN;
  const bin = join(dir, "frony-db");
  execFileSync("go", ["build", "-o", bin, "./cmd/frony-db"], { cwd: root, stdio: "inherit" });
  return bin;
}

export async function serve(...args) {
  const dir = mkdtempSync(join(tmpdir(), "frony-clients-"));
  const bin = binary(dir);
  const line = execFileSync(bin, ["serve", "key", "tests", "--role", "admin", "--json"], { cwd: dir });
  const key = JSON.parse(line);
  writeFileSync(join(dir, "keys"), key.line + "\n", { mode: 0o600 });
  const child = spawn(bin, ["serve", "--addr", "127.0.0.1:0", "--db", join(dir, "db"), "--keys", join(dir, "keys"), ...args], {
    cwd: dir, stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  const url = await new Promise((found, failed) => {
    child.stderr.on("data", (b) => {
      log += b;
      const m = log.match(/serves \S+ at (http:\S+)/);
      if (m) found(m[1]);
    });
    child.on("exit", (code) => failed(new Error(`serve ended with ${code}:\n${log}`)));
  });
  for (let i = 0; (await fetch(url + "/readyz")).status !== 200; i++) {
    if (i > 200) throw new Error("the server does not become ready:\n" + log);
    await new Promise((r) => setTimeout(r, 50));
  }
  return {
    url, key: key.secret, bin, dir,
    async stop() {
      child.removeAllListeners("exit");
      const ended = new Promise((r) => child.on("exit", r));
      child.kill("SIGTERM");
      const code = await ended;
      rmSync(dir, { recursive: true, force: true });
      if (code !== 0) throw new Error(`serve ended with ${code}:\n${log}`);
    },
    /** A further key, of which the server is told. */
    async addKey(name, ...flags) {
      const made = JSON.parse(execFileSync(bin, ["serve", "key", name, ...flags, "--json"], { cwd: dir }));
      appendFileSync(join(dir, "keys"), made.line + "\n");
      child.kill("SIGHUP");
      const headers = { Authorization: `Bearer ${made.secret}` };
      for (let i = 0; (await fetch(url + "/v1/key", { headers })).status !== 200; i++) {
        if (i > 200) throw new Error("the server does not take the key:\n" + log);
        await new Promise((r) => setTimeout(r, 25));
      }
      return made.secret;
    },
    /** One request of our own API. */
    async api(method, path, body) {
      const r = await fetch(url + path, {
        method, headers: { Authorization: `Bearer ${key.secret}`, "Content-Type": "application/json" },
        body: typeof body === "string" ? body : body && JSON.stringify(body),
      });
      if (!r.ok) throw new Error(`${method} ${path}: ${r.status} ${await r.text()}`);
      return r.json();
    },
  };
}
