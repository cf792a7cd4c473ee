'use strict';
// In a file of its own because the page's policy forbids inline script.
const target = document.getElementById('reference');
SwaggerUIBundle({
  domNode: target,
  url: target.dataset.spec,
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // would send the specification to a site of somebody else
});
