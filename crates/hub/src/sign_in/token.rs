//! Tokens of one's own.

use cubit_model::{Permission, Time, TokenInfo, TokenRequest, check_description};
use cubit_store::{Change, Token};
use uuid::Uuid;

use crate::access::{parse_scopes, token_hash};
use crate::bootstrap::random_token;
use crate::{Caller, Hub, HubError};

impl Hub {
    /// The tokens of the caller.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_tokens(&self, caller: &Caller) -> Result<Vec<TokenInfo>, HubError> {
        let identity = caller.identity();
        let mut read = self.store.read().await?;
        let tokens = read.tokens_of(identity).await?.into_iter();
        Ok(tokens.map(|token| info(&token, None)).collect())
    }

    /// Makes a token for the caller. Its text is answered once; only the hash is kept. It can do no
    /// more than the token it is made with.
    ///
    /// # Errors
    /// When a scope is not the name of a permission, or the caller's token does not have it.
    pub async fn create_token(
        &self,
        caller: &Caller,
        request: &TokenRequest,
    ) -> Result<TokenInfo, HubError> {
        check_description("Name", &request.name)?;
        for scope in &request.scopes {
            let Some(permission) = Permission::named(scope) else {
                let known: Vec<&str> = Permission::ALL.into_iter().map(Permission::name).collect();
                return Err(HubError::Invalid(format!(
                    "Scopes: {scope:?} is not one of {}",
                    known.join(", ")
                )));
            };
            caller.check_scope(permission)?;
        }
        if request.scopes.is_empty() {
            caller.check_scope(Permission::Administer)?;
        }
        if request.expires_at.is_some_and(|at| at.0 <= Time::now().0) {
            return Err(HubError::Invalid("ExpiresAt: is in the past".to_owned()));
        }
        let text = random_token()?;
        let token = Token {
            hash: token_hash(&text),
            identity: caller.identity(),
            name: request.name.clone(),
            scopes: request.scopes.join(","),
            created_at: Time::now(),
            expires_at: request.expires_at,
            session: None,
        };
        let mut write = self.store.write(token.identity.organization_id).await?;
        write.insert_token(&token).await?;
        let made = caller.audit_entry("done", vec![of_token("created", &token)]);
        write.append_audit(made).await?;
        write.commit().await?;
        Ok(info(&token, Some(text)))
    }

    /// Makes a token of the caller useless, at once.
    ///
    /// # Errors
    /// When the caller has no such token.
    pub async fn delete_token(&self, caller: &Caller, id: Uuid) -> Result<(), HubError> {
        let mut write = self.store.write(caller.identity().organization_id).await?;
        let tokens = write.tokens_of(caller.identity()).await?;
        let token = tokens.iter().find(|token| token.id() == id);
        let token = token.ok_or_else(|| HubError::not_found("Token", id))?;
        write.delete_token(token.hash).await?;
        let withdrawn = caller.audit_entry("done", vec![of_token("deleted", token)]);
        write.append_audit(withdrawn).await?;
        Ok(write.commit().await?)
    }
}

/// What the audit says of a token.
fn of_token(what: &'static str, token: &Token) -> Change {
    Change {
        what,
        entity: "Token",
        id: token.id(),
        space: None,
    }
}

fn info(token: &Token, text: Option<String>) -> TokenInfo {
    let scopes = parse_scopes(&token.scopes);
    let has = |permission: &Permission| scopes.has(*permission);
    TokenInfo {
        token_id: token.id(),
        name: token.name.clone(),
        scopes: Permission::ALL
            .into_iter()
            .filter(has)
            .map(|permission| permission.name().to_owned())
            .collect(),
        created_at: token.created_at,
        expires_at: token.expires_at,
        token: text,
    }
}
