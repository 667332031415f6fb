// Tells Monaco which file each of its workers is. build.mjs puts WORKER_FILES (label -> hashed file name) in.
globalThis.MonacoEnvironment = {
  getWorker(_moduleId, label) {
    const file = WORKER_FILES[label] ?? WORKER_FILES.editor;
    return new Worker(new URL(file, import.meta.url), { name: label, type: "module" });
  },
};
