// The document comes from the API it describes; its validator's badge would ask a foreign host.
SwaggerUIBundle({
  url: "../v1/openapi.json",
  dom_id: "#reference",
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 2,
  displayOperationId: true,
  displayRequestDuration: true,
  filter: true,
});
