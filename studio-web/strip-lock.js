// Leaves names, versions and hashes in the lock file, and no addresses. Run by `npm run lock`.
import { readFileSync, writeFileSync } from "node:fs";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
for (const found of Object.values(lock.packages)) {
  delete found.resolved;
  delete found.funding;
}
writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n");
