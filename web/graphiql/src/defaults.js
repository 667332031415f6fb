// What a first visitor finds in the editors.
export const defaultQuery = `# Set Authorization in the Headers tab below.
# Ctrl-Enter runs the operation at the cursor,
# Ctrl-Space completes; the book has the docs.

query FirstTasks {
  viewer {
    name
  }
  tasks(first: 5) {
    totalCount
    nodes {
      id
      title
      dueDate
    }
  }
}

# No token yet? Uncomment this and run it.
#
# mutation SignIn {
#   signIn(input: {
#     email: "you@example.org"
#     password: "..."
#   }) {
#     token
#     errors {
#       code
#       message
#     }
#   }
# }
`;

export const defaultHeaders = `{
  // "Authorization": "Bearer <token from signIn>"
}`;
