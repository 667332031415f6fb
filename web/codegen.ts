// Types of every GraphQL document in the source, and the documents themselves as the gateway's manifest.
import { copyFileSync } from "node:fs";
import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../graph/schema.graphql",
  documents: ["src/**/*.graphql"],
  generates: {
    "./src/gql/": {
      preset: "client",
      presetConfig: {
        fragmentMasking: { unmaskFunctionName: "readFragment" },
        // Only the ids are in the bundle; the gateway has the texts.
        persistedDocuments: { mode: "replaceDocumentWithHash", hashAlgorithm: "sha256" },
      },
      config: {
        documentMode: "string",
        strictScalars: true,
        scalars: {
          ID: "string",
          Color: "string",
          Date: "string",
          DateTime: "string",
          JSON: "unknown",
          TimeZone: "string",
          UUID: "string",
        },
        enumsAsTypes: true,
        useTypeImports: true,
        avoidOptionals: { field: true },
      },
    },
  },
  hooks: {
    afterAllFileWrite: () => copyFileSync("src/gql/persisted-documents.json", "../graph/persisted-documents.json"),
  },
};

export default config;
