import { upload } from "./api";

interface Uploaded {
  data: string;
}

/** Hand one file over; what comes back is its name as a spec's data. */
export async function uploadFile(file: File): Promise<string> {
  const found = await upload<Uploaded>(`uploads?name=${encodeURIComponent(file.name)}`, file);
  return found!.data;
}

/** Hand over a folder's files one by one, each under its own path in it. */
export async function uploadFolder(name: string, files: [string, File][], onstep: (done: number) => void): Promise<string> {
  const made = await upload<Uploaded>(`uploads?folder=${encodeURIComponent(name)}`, new Blob());
  const place = made!.data.replace("upload:", "");
  for (const [i, [path, file]] of files.entries()) {
    await upload(`uploads/${[...place.split("/"), ...path.split("/")].map(encodeURIComponent).join("/")}`, file, "PUT");
    onstep(i + 1);
  }
  return made!.data;
}

/** What was dropped: files, and the files of folders with their paths. */
export async function dropped(items: DataTransferItemList): Promise<{ folder: string | null; files: [string, File][] }> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const files: [string, File][] = [];
  const folder = entries.length === 1 && entries[0]!.isDirectory ? entries[0]!.name : null;
  for (const entry of entries) await gather(entry, folder === null ? entry.name : "", files);
  return { folder, files };
}

async function gather(entry: FileSystemEntry, path: string, files: [string, File][]): Promise<void> {
  if (entry.name.startsWith(".")) return; // the system's own, which some put into every folder
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    files.push([path || entry.name, file]);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives a hundred at a time, and none when it has told all.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return;
    for (const inner of batch) await gather(inner, path ? `${path}/${inner.name}` : inner.name, files);
  }
}
